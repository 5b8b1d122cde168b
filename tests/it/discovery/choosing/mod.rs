//! What the settings of a profile do to a list: filters, orders, limits, devices, labels.

mod settings;
mod shelf;
