"""Every flight that left New York in 2013, with planes, airports, airlines and weather."""

import phlo
from phlo.checks import between, not_null, reference, row_count, unique

#: How these files write a value that is missing.
NULLS = ["", "NA"]


@phlo.ingestion(table="raw.airlines", key="carrier", owner="network")
def airlines():
    """Carriers by their two-letter code."""
    return phlo.files("data/airlines.csv", null_values=NULLS)


@phlo.ingestion(table="raw.airports", key="faa", owner="network")
def airports():
    """Airports of the United States by their FAA code."""
    return phlo.files("data/airports.csv", null_values=NULLS)


@phlo.ingestion(table="raw.planes", key="tailnum", owner="fleet")
def planes():
    """Planes by their tail number."""
    return phlo.files("data/planes.csv", null_values=NULLS)


@phlo.ingestion(table="raw.weather", key=["origin", "time_hour"], owner="operations")
def weather():
    """Weather at the three airports, hour by hour."""
    return phlo.files("data/weather.csv", null_values=NULLS)


@phlo.ingestion(
    table="raw.flights",
    key=["time_hour", "carrier", "flight"],
    owner="operations",
    tags=["daily"],
)
def flights():
    """Flights as planned and as they went; one that was cancelled has no departure."""
    return phlo.files("data/flights.csv", null_values=NULLS)


@phlo.quality(table="raw.flights")
def flights_are_sound(flights: phlo.Table):
    """What must hold, and what we want to know of."""
    yield not_null("carrier", "flight", "origin", "dest", "time_hour")
    yield between("month", 1, 12)
    yield unique("time_hour", "carrier", "flight")
    yield row_count(min=1)
    yield reference("carrier", to="raw.airlines.carrier")
    # Tail numbers of two carriers are fleet numbers that no register has.
    yield reference("tailnum", to="raw.planes.tailnum", severity="warn")
    # No flight arrives before it left, midnight aside.
    yield phlo.check(
        "flies_forward_in_time",
        sql="select * from {table} where air_time <= 0",
    )


@phlo.quality(table="raw.weather")
def weather_is_possible(weather: phlo.Table):
    """Instruments fail: one hour at Newark has a wind that no place on Earth ever had."""
    yield unique("origin", "time_hour")
    yield between("humid", 0, 100)
    yield between("wind_speed", 0, 200, severity="warn")
