//! What the settings of a profile do to a list: filters, orders, limits, devices, labels.

mod checked;
mod page;
mod settings;
mod shelf;
