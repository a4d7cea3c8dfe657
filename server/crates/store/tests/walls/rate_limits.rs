//! Limits on how often somebody may try, counted in the database.

use store::rate_limits::{self, Limit};
use time::Duration;

use super::{NOON, support::with_databases};

#[tokio::test]
async fn limits_count_across_windows_and_forget() {
    with_databases(async |databases| {
        let limit = Limit {
            bucket: "test",
            most: 2,
            window: std::time::Duration::from_mins(1),
        };
        let pool = &databases.store.pool;
        assert_eq!(
            rate_limits::hit(pool, limit, "ana", NOON).await.unwrap(),
            None
        );
        assert_eq!(
            rate_limits::hit(pool, limit, "ana", NOON + Duration::seconds(10))
                .await
                .unwrap(),
            None
        );
        let wait = rate_limits::hit(pool, limit, "ana", NOON + Duration::seconds(20))
            .await
            .unwrap();
        assert_eq!(wait, Some(std::time::Duration::from_secs(40)));
        assert_eq!(
            rate_limits::hit(pool, limit, "bob", NOON).await.unwrap(),
            None
        );
        assert_eq!(
            rate_limits::hit(pool, limit, "ana", NOON + Duration::seconds(60))
                .await
                .unwrap(),
            None,
            "a new window"
        );
        rate_limits::clear(pool, limit, "ana").await.unwrap();
        assert_eq!(
            rate_limits::forget(pool, NOON + Duration::days(1))
                .await
                .unwrap(),
            1
        );
    })
    .await;
}
