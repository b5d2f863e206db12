"""The pages, one blueprint per kind of user: each parses, calls one use case, and shows what came back."""
