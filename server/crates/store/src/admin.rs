//! The few statements that look across tenants, for operators. All run in a platform transaction.

pub mod audit;
pub mod due;
pub mod footprint;
pub mod leftovers;
pub mod names;
pub mod tenants;
