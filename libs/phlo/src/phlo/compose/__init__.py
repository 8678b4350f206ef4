"""The pure middle: no file, clock, environment, process or network; same input, same bytes."""
