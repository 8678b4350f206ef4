"""The Iceberg REST catalog: the protocol by which engines read and write the lake's tables.

    RestCatalog(lake).answer(request)         one request, no web framework
    with serve(lake, "main") as address:      a server for the time of one command

A ref is an address of its own, `/{ref}/v1/...`; what is written there is on that branch only.
"""
