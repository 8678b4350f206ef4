"""The data of services in files: taken before it is removed, and put back."""
