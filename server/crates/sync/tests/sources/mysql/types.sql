SET time_zone = '+00:00';
SET sql_mode = '';
CREATE TABLE every_type (
    id INT PRIMARY KEY,
    c_bool BOOL, c_tiny TINYINT, c_tiny_u TINYINT UNSIGNED, c_small SMALLINT, c_small_u SMALLINT UNSIGNED,
    c_medium MEDIUMINT, c_medium_u MEDIUMINT UNSIGNED, c_int INT, c_int_u INT UNSIGNED, c_big BIGINT, c_big_u BIGINT UNSIGNED,
    c_filled INT(10) ZEROFILL, c_decimal DECIMAL(65, 30), c_whole DECIMAL(18, 0), c_float FLOAT, c_double DOUBLE,
    c_bit BIT(1), c_bits BIT(64),
    c_char CHAR(5), c_varchar VARCHAR(60), c_latin TEXT CHARACTER SET latin1, c_ucs VARCHAR(20) CHARACTER SET ucs2,
    c_sjis VARCHAR(20) CHARACTER SET sjis, c_long LONGTEXT,
    c_binary BINARY(4), c_varbinary VARBINARY(10), c_blob BLOB,
    c_date DATE, c_datetime DATETIME(6), c_seconds DATETIME, c_timestamp TIMESTAMP(6) NULL, c_time TIME(6), c_year YEAR,
    c_enum ENUM('a', 'it''s "b"'), c_set SET('x', 'y', 'z'), c_json JSON,
    c_point POINT, c_shape GEOMETRY, c_uuid UUID, c_inet INET6
);
INSERT INTO every_type VALUES (
    1, true, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615,
    42, 99999999999999999999999999999999999.999999999999999999999999999999, 999999999999999999, 3.4028235e38, 1.7976931348623157e308,
    b'1', 18446744073709551615,
    'ab', 'quote " back \\ tab \t line \n emoji 🐘', 'Müller', 'Ωmega', '日本', REPEAT('x', 70000),
    x'DEADBEEF', x'00', x'FF00FE',
    '9999-12-31', '9999-12-31 23:59:59.999999', '2024-02-29 12:34:56', '2038-01-19 03:14:07.999999', '838:59:59.000000', 2155,
    'it''s "b"', 'x,z', '{"a" :\n [1, 2.50, "é"]}',
    ST_GeomFromText('POINT(1.5 2)'), ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '::1'
), (
    2, false, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0,
    0, -99999999999999999999999999999999999.999999999999999999999999999999, -999999999999999999, 0.1, -2.2250738585072014e-308,
    b'0', 0,
    '', '', '', '', '', '',
    '', '', '',
    '1000-01-01', '1000-01-01 00:00:00.000001', '1970-01-01 00:00:00', '1970-01-01 00:00:01.000000', '-838:59:59.000000', 1901,
    'a', '', '[]',
    NULL, NULL, '00000000-0000-0000-0000-000000000000', '::'
);
INSERT INTO every_type (id, c_date, c_datetime, c_seconds, c_timestamp, c_float, c_time)
    VALUES (3, '0000-00-00', '0000-00-00 00:00:00', '2024-02-00 00:00:00', 0, 16777216, '-00:00:00.5');
INSERT INTO every_type (id) VALUES (4);
