# Where practice homes are: written by `doorstep practice` when it unpacks this fleet.
{
  practice.home = (builtins.fromJSON (builtins.readFile ../../practice.json)).home;
}
