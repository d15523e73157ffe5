"""The store on PostgreSQL: the same statements as on SQLite, spoken over asyncpg."""
