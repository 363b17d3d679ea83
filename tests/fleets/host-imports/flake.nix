{
  description = "Machines list the aggregates of each person";

  # A fixture for reading and editing: it has no inputs and is never built.
  outputs = _: { };
}
