-- Two login roles and one schema for each service, and nothing that one service could see of another.
--
-- intake, router and tracker own their schemas; only migrations log in as these. intake_service, router_service and
-- tracker_service are what the services log in as: they own nothing, and each `migrate` says anew what they may do
-- (shared/migrate.py): read and write, but only ever add to what is append-only.
--
-- Runs in the application's database, as a superuser or as its owner with CREATEROLE; may be run again at any time,
-- which also sets the passwords again. These come in as settings of the session: hotline.intake_password,
-- hotline.intake_service_password and so on (deploy/local/database.py sets them; so does deploy/postgres/initialize.sh
-- for psql).

DO $$
DECLARE
    service name;
    login name;
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    REVOKE ALL ON SCHEMA public FROM PUBLIC;

    FOREACH service IN ARRAY ARRAY['intake', 'router', 'tracker']::name[] LOOP
        FOREACH login IN ARRAY ARRAY[service, service || '_service']::name[] LOOP
            IF to_regrole(quote_ident(login)) IS NULL THEN
                EXECUTE format('CREATE ROLE %I', login);
            END IF;
            EXECUTE format(
                'ALTER ROLE %I LOGIN PASSWORD %L', login, current_setting(format('hotline.%s_password', login))
            );
            EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), login);
            EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = %I', login, current_database(), service);
        END LOOP;

        IF to_regnamespace(quote_ident(service)) IS NULL THEN
            -- Who is no superuser may give a schema only to a role of which he is a member.
            EXECUTE format('GRANT %I TO CURRENT_USER', service);
            EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', service, service);
            EXECUTE format('REVOKE %I FROM CURRENT_USER', service);
        END IF;
    END LOOP;

    -- May check the tracker's record and change nothing; the tracker's migrations say what it may read. Nobody logs in
    -- as this role itself: CREATE ROLE … LOGIN PASSWORD … IN ROLE tracker_auditor.
    IF to_regrole('tracker_auditor') IS NULL THEN
        CREATE ROLE tracker_auditor NOLOGIN;
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tracker_auditor', current_database());
END
$$;
