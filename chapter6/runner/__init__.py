"""What runs the experiments and presents what they found: command line, table, page, notebooks."""
