//! Who may do what: the profiles of installs, by the id in their address.
