"""The migrations of the core's own tables; ``bocore.migrations.types`` is for the migrations of every plugin."""
