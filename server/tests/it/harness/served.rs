//! A stand-in's routes, at a port of their own.

use axum::Router;
use tokio::{net::TcpListener, runtime::Runtime};

/// Answers at the address until the runtime ends.
pub fn serve(app: Router) -> (Runtime, String) {
    let runtime = Runtime::new().expect("a runtime");
    let url = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    });
    (runtime, url)
}
