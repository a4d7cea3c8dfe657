CREATE DOMAIN small_number AS int4 CHECK (VALUE < 1000);
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "happy"');
CREATE TYPE pair AS (a int, b text);
CREATE TABLE every_type (
    id int4 PRIMARY KEY,
    c_bool bool, c_int2 int2, c_int8 int8, c_oid oid, c_float4 float4, c_float8 float8,
    c_numeric numeric, c_numeric_whole numeric(18, 0), c_money money,
    c_text text, c_varchar varchar(20), c_char char(5), c_name name, c_quoted_char "char", c_bytea bytea,
    c_date date, c_time time, c_timetz timetz, c_timestamp timestamp, c_timestamptz timestamptz, c_interval interval,
    c_uuid uuid, c_json json, c_jsonb jsonb, c_xml xml,
    c_inet inet, c_cidr cidr, c_macaddr macaddr, c_bit bit(4), c_varbit varbit,
    c_int_range int4range, c_ts_range tstzrange, c_point point, c_polygon polygon,
    c_enum mood, c_domain small_number, c_composite pair, c_tsvector tsvector,
    c_int_array int4[], c_text_array text[], c_matrix int4[][], c_float_array float8[]
);
INSERT INTO every_type VALUES (
    1, true, -32768, 9223372036854775807, 4294967295, 0.1, 1e300,
    -12345678901234567890.0001, 999999999999999999, 12.5,
    E'quote " back \\ tab \t line \n emoji 🐘', 'short', 'ab', 'a name', 'x', '\xdeadbeef',
    '2024-02-29', '23:59:59.999999', '12:00:00+05:30', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56+02', '1 year 2 days 03:04:05',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', E'{"a" :\n [1, 2.50]}', '{"b": null, "a": "x"}', '<a>1</a>',
    '192.168.1.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '1010', '101',
    '[1,5)', '["2024-01-01 00:00:00+00",)', '(1.5,2)', '((0,0),(1,1),(1,0))',
    'it''s "happy"', 42, ROW(1, 'x'), 'fat & rat'::text::tsvector,
    '{1,NULL,3}', '{"a,b","c\"d",NULL}', '{{1,2},{3,4}}', '{1.5,NaN}'
);
INSERT INTO every_type (id, c_float4, c_float8, c_numeric, c_date, c_timestamp, c_timestamptz, c_time)
VALUES (2, 'NaN', '-Infinity', 'NaN', 'infinity', '0044-03-15 12:00:00 BC', '-infinity', '24:00:00');
INSERT INTO every_type (id) VALUES (3);
