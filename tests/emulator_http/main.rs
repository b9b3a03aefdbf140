//! The emulator's HTTP interface, tested with raw requests over a socket.

mod app;
mod app_deployments;
mod apps;
mod deployments;
mod documents;
mod errors;
mod faults;
mod lists;
mod press;
mod specs;
mod wire;
