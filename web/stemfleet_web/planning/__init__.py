"""The planner's form: rules as fields, what is done to them, and where a mistake is shown."""
