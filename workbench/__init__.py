"""What people do with the warehouse: demo, samples, a private server, plans, pages, queries, grants, status."""
