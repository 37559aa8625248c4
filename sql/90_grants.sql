-- Rights on the schemas. Every role that may connect may see the catalogue's public views and call what lies in the schemas; what a call
-- may read or change is decided by the rights on the tables it touches and by the guards of the catalogue (30_catalogue.sql).

GRANT USAGE ON SCHEMA holomamba, holomamba_internal TO PUBLIC;
