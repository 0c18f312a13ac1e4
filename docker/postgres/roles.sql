-- The two roles of the database "parley", the same for the embedded server and for docker-compose.yml.
-- Run by a superuser inside that database; running it again changes nothing.
--   parley_migrate  owns the database and everything in it; used by `manage.py migrate` only
--   parley_run      reads and writes rows; no CREATE, ALTER, DROP or TRUNCATE; used by web, worker and beat
-- Passwords are set elsewhere (docker/postgres/roles.sh); over the embedded server's private socket none are needed.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'parley_migrate') THEN
    CREATE ROLE parley_migrate LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'parley_run') THEN
    CREATE ROLE parley_run LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
  END IF;
END
$$;

-- Owning the database makes parley_migrate the owner of the schema "public" too (pg_database_owner).
ALTER DATABASE parley OWNER TO parley_migrate;
REVOKE ALL ON DATABASE parley FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE parley TO parley_run;
GRANT USAGE ON SCHEMA public TO parley_run;

ALTER DEFAULT PRIVILEGES FOR ROLE parley_migrate IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO parley_run;
ALTER DEFAULT PRIVILEGES FOR ROLE parley_migrate IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO parley_run;
