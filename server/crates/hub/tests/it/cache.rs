//! The namespace of a tenant on a real Redis: its own keys and nothing else.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use hub::redis::Redis;
use model::TenantId;
use redis::AsyncCommands;
use secrecy::SecretString;
use store::ids::Id;
use tempfile::TempDir;

struct Server {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Server {
    async fn start() -> (Self, Redis) {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let redis = Redis::open(&SecretString::from(format!("redis://127.0.0.1:{port}"))).unwrap();
        for _ in 0..200 {
            if redis.check().await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let server = Self {
            child,
            port,
            _folder: folder,
        };
        (server, redis)
    }

    async fn sign_in(
        &self,
        tenant: TenantId,
        password: &str,
    ) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        let url = format!(
            "redis://{}:{password}@127.0.0.1:{}",
            Redis::user(tenant),
            self.port
        );
        redis::Client::open(url)?
            .get_multiplexed_async_connection()
            .await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_tenant_touches_its_own_keys_only() {
    let (server, redis) = Server::start().await;
    let (ana, bob) = (TenantId::fresh(), TenantId::fresh());
    for tenant in [ana, bob] {
        for _repeated in 0..2 {
            redis
                .create(tenant, &SecretString::from("passphrase"))
                .await
                .unwrap();
        }
    }
    let key = |tenant: TenantId| format!("{}orders", Redis::prefix(tenant));
    let mut hers = server.sign_in(ana, "passphrase").await.unwrap();
    let mut his = server.sign_in(bob, "passphrase").await.unwrap();
    hers.set::<_, _, ()>(key(ana), 1)
        .await
        .expect("her own key");
    his.set::<_, _, ()>(key(bob), 2).await.unwrap();
    assert!(
        hers.get::<_, i64>(key(bob)).await.is_err(),
        "she reads his key"
    );
    assert!(
        hers.set::<_, _, ()>("orders", 1).await.is_err(),
        "she writes without a prefix"
    );
    for forbidden in [
        "FLUSHALL",
        "KEYS *",
        "SCAN 0",
        "RANDOMKEY",
        "DBSIZE",
        "PUBSUB CHANNELS",
        "FUNCTION LIST",
        "CONFIG GET *",
        "ACL LIST",
        "MONITOR",
    ] {
        let words: Vec<&str> = forbidden.split(' ').collect();
        let tried: redis::RedisResult<redis::Value> = redis::cmd(words[0])
            .arg(&words[1..])
            .query_async(&mut hers)
            .await;
        let refused = tried.expect_err(forbidden).to_string();
        assert!(refused.contains("no permissions"), "{forbidden}: {refused}");
    }
    assert!(server.sign_in(ana, "another").await.is_err());

    redis.suspend(ana).await.unwrap();
    assert!(server.sign_in(ana, "passphrase").await.is_err());
    redis.resume(ana).await.unwrap();
    let mut again = server.sign_in(ana, "passphrase").await.unwrap();
    assert_eq!(
        again.get::<_, i64>(key(ana)).await.unwrap(),
        1,
        "the keys were kept"
    );

    assert_eq!(redis.count(ana).await.unwrap(), 1);
    for _repeated in 0..2 {
        redis.drop_tenant(ana).await.unwrap();
    }
    assert_eq!(
        (
            redis.count(ana).await.unwrap(),
            redis.count(bob).await.unwrap()
        ),
        (0, 1)
    );
    assert!(server.sign_in(ana, "passphrase").await.is_err());
}

#[test]
fn an_address_that_is_none_is_refused_without_repeating_its_password() {
    let Err(error) = Redis::open(&SecretString::from("http://user:hunter2@host")) else {
        panic!("it was accepted")
    };
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
