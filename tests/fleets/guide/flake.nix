{
  description = "Two people, four machines; people list their own aggregates";

  # A fixture for reading and editing: it has no inputs and is never built.
  outputs = _: { };
}
