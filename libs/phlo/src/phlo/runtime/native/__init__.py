"""Services as local processes: supervisord, and a shim beside each of them."""
