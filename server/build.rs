//! Tells the binary which built site to embed: the folder in `TRIBUTARY_EMBED_SITE`, or an empty one in debug builds,
//! which serve the site from disk.

#[expect(
    clippy::disallowed_methods,
    reason = "cargo talks to build scripts by the environment"
)]
fn main() {
    println!("cargo:rerun-if-env-changed=TRIBUTARY_EMBED_SITE");
    let site = std::env::var("TRIBUTARY_EMBED_SITE").unwrap_or_else(|_| {
        let empty = format!(
            "{}/no-site",
            std::env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts")
        );
        std::fs::create_dir_all(&empty).expect("OUT_DIR is writable");
        empty
    });
    println!("cargo:rerun-if-changed={site}");
    println!("cargo:rustc-env=TRIBUTARY_EMBED_SITE={site}");
}
