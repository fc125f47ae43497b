//! `.env` by the rules of Docker Compose (compose-go's dotenv), which are not those of a shell.

mod encode;

pub use encode::encode;
