"""The data plane: Iceberg tables in a local folder, written on branches, checked, published.

    from phlo.lakehouse.lake import Lake              # open, read, branch, publish
    from phlo.lakehouse.write import write            # append, overwrite, merge
    from phlo.lakehouse.checks.run import run_checks  # ask questions of a table

Opening a lake and looking a table up costs one SQLite query; pyiceberg and pyarrow load when a
table is written or its manifests are read.
"""
