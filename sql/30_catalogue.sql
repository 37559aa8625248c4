-- The catalogue: which models there are, their versions, their weights and how their training went.
--
-- Who may do what. A model belongs to the role that owns its tables holomamba.<model>_items and <model>_users, which is
-- the owner of the interactions when the model is made; so ALTER OWNER, REASSIGN OWNED and restoring a dump work as they
-- do for any table. Nobody but the extension's owner has rights to write to the tables below: a right to change some rows of
-- a table is one to lock all of it. What the owner of a model may do to its rows is done by C functions
-- (src/postgres/store/catalogue.cpp), which look who calls and then write in the name of the extension's owner. SECURITY DEFINER
-- functions could not: they do not know who called them (session_user is not the caller inside another definer's function).
-- Not row level security either: with it, only a superuser could take a dump.
--
-- There are no foreign keys between these tables: a dump would have to bring back their rows in one order. catalogue.cpp
-- deletes what belongs to a model or a version.

CREATE TABLE holomamba.model_catalogue (
    model          name PRIMARY KEY CHECK (model ~ '^[a-z_][a-z0-9_]{0,39}$'),
    interactions   regclass NOT NULL,
    user_column    name NOT NULL,
    item_column    name NOT NULL,
    order_columns  name[] NOT NULL,
    items          regclass,
    item_key       name,
    attributes     name[] NOT NULL,
    options        jsonb NOT NULL,
    user_type      regtype NOT NULL,
    item_type      regtype NOT NULL,
    active_version integer,
    created_at     timestamptz NOT NULL DEFAULT now(),
    time_column    name,
    event_attributes name[] NOT NULL DEFAULT '{}',
    target_column  name,
    target_values  text[],
    weight_column  name,
    CHECK ((target_column IS NULL) = (target_values IS NULL))
);

COMMENT ON TABLE holomamba.model_catalogue IS 'one row per model, written by create_model(); see the view holomamba.models';
COMMENT ON COLUMN holomamba.model_catalogue.model IS 'name of the model, at most 40 bytes so that every name made from it fits';
COMMENT ON COLUMN holomamba.model_catalogue.interactions IS 'table of events: who took what, and when';
COMMENT ON COLUMN holomamba.model_catalogue.user_column IS 'column of interactions that holds the user id';
COMMENT ON COLUMN holomamba.model_catalogue.item_column IS 'column of interactions that holds the item id';
COMMENT ON COLUMN holomamba.model_catalogue.order_columns IS 'columns of interactions that order the events of a user, most significant first';
COMMENT ON COLUMN holomamba.model_catalogue.items IS 'table of items, or NULL';
COMMENT ON COLUMN holomamba.model_catalogue.item_key IS 'column of items that the item column refers to';
COMMENT ON COLUMN holomamba.model_catalogue.attributes IS 'columns of items that describe an item';
COMMENT ON COLUMN holomamba.model_catalogue.options IS 'options given to create_model(); train() may override them';
COMMENT ON COLUMN holomamba.model_catalogue.user_type IS 'type of user ids';
COMMENT ON COLUMN holomamba.model_catalogue.item_type IS 'type of item ids';
COMMENT ON COLUMN holomamba.model_catalogue.active_version IS 'version that recommends, or NULL before the first training';
COMMENT ON COLUMN holomamba.model_catalogue.created_at IS 'when create_model() ran';
COMMENT ON COLUMN holomamba.model_catalogue.time_column IS 'column of interactions that says when an event was, or NULL';
COMMENT ON COLUMN holomamba.model_catalogue.event_attributes IS 'columns of interactions that say more of an event than its item';
COMMENT ON COLUMN holomamba.model_catalogue.target_column IS 'column of interactions that says which events are to be predicted, or NULL: all';
COMMENT ON COLUMN holomamba.model_catalogue.target_values IS 'values of target_column, as text, of the events that are to be predicted';
COMMENT ON COLUMN holomamba.model_catalogue.weight_column IS 'column of interactions that says what an event counts in a training, or NULL: each counts 1';

CREATE SEQUENCE holomamba.training_ids AS integer;
COMMENT ON SEQUENCE holomamba.training_ids IS 'numbers of trainings';

CREATE FUNCTION holomamba_internal.next_training_id() RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    id integer;
BEGIN
    -- A logical replica has the publisher's versions, and a sequence of its own.
    LOOP
        id := nextval('holomamba.training_ids');
        EXIT WHEN NOT EXISTS (SELECT FROM holomamba.version_catalogue v WHERE v.training_id = id);
    END LOOP;
    RETURN id;
END
$$;
COMMENT ON FUNCTION holomamba_internal.next_training_id() IS 'internal: a number that no training in this database has';

CREATE TABLE holomamba.version_catalogue (
    model       name NOT NULL,
    version     integer NOT NULL CHECK (version > 0),
    training_id integer NOT NULL UNIQUE DEFAULT holomamba_internal.next_training_id(),
    status      text NOT NULL CHECK (status IN ('training', 'failed', 'ready')),
    message     text,
    holdout     text NOT NULL CHECK (holdout IN ('none', 'leave_one_out', 'time')),
    options     jsonb NOT NULL,
    seed        bigint,
    epochs      integer,
    best_epoch  integer,
    events      bigint,
    users       bigint,
    items       bigint,
    fingerprint bigint,
    repeat_score real,
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    attributes  name[],
    timed       boolean NOT NULL DEFAULT false,
    event_attributes name[] NOT NULL DEFAULT '{}',
    event_values integer[] NOT NULL DEFAULT '{}' CHECK (cardinality(event_values) = cardinality(event_attributes)),
    PRIMARY KEY (model, version)
);

COMMENT ON TABLE holomamba.version_catalogue IS 'one row per training of a model, written by train(); see the view holomamba.versions';
COMMENT ON COLUMN holomamba.version_catalogue.model IS 'name of the model';
COMMENT ON COLUMN holomamba.version_catalogue.version IS 'number of the version, from 1';
COMMENT ON COLUMN holomamba.version_catalogue.training_id IS 'number of the training in this database, whatever its model';
COMMENT ON COLUMN holomamba.version_catalogue.status IS
    'training: under way, or broken off; failed: ended by an error in the background; ready: complete and immutable';
COMMENT ON COLUMN holomamba.version_catalogue.message IS 'error that ended the training in the background';
COMMENT ON COLUMN holomamba.version_catalogue.holdout IS 'which events were kept from training: none, leave_one_out or time';
COMMENT ON COLUMN holomamba.version_catalogue.options IS 'every option of the training, defaults filled in';
COMMENT ON COLUMN holomamba.version_catalogue.seed IS 'seed of the training: the same seed and thread count give the same weights';
COMMENT ON COLUMN holomamba.version_catalogue.epochs IS 'epochs trained';
COMMENT ON COLUMN holomamba.version_catalogue.best_epoch IS 'epoch whose weights were kept';
COMMENT ON COLUMN holomamba.version_catalogue.events IS 'events trained on';
COMMENT ON COLUMN holomamba.version_catalogue.users IS 'users trained on';
COMMENT ON COLUMN holomamba.version_catalogue.items IS 'items trained on';
COMMENT ON COLUMN holomamba.version_catalogue.fingerprint IS 'fingerprint of the weights; every state computed with them carries it';
COMMENT ON COLUMN holomamba.version_catalogue.repeat_score IS
    'what it adds to the score of an item that the user has had before; NULL where options.repeats is ignored';
COMMENT ON COLUMN holomamba.version_catalogue.started_at IS 'when the training began';
COMMENT ON COLUMN holomamba.version_catalogue.finished_at IS 'when the version became ready';
COMMENT ON COLUMN holomamba.version_catalogue.attributes IS
    'attributes of items that it was trained with, in this order; NULL, with a dump of before: those of the model';
COMMENT ON COLUMN holomamba.version_catalogue.timed IS 'whether it reads when events were';
COMMENT ON COLUMN holomamba.version_catalogue.event_attributes IS 'what it reads of an event beside its item: columns of interactions';
COMMENT ON COLUMN holomamba.version_catalogue.event_values IS 'of each of them, how many values it knows; -1 for a number';

CREATE TABLE holomamba.parameters (
    model   name NOT NULL,
    version integer NOT NULL,
    name    text NOT NULL,
    shape   integer[] NOT NULL,
    data    bytea NOT NULL,
    PRIMARY KEY (model, version, name)
);
ALTER TABLE holomamba.parameters ALTER COLUMN data SET STORAGE EXTERNAL;

COMMENT ON TABLE holomamba.parameters IS 'the weights: one row per tensor of a version';
COMMENT ON COLUMN holomamba.parameters.model IS 'name of the model';
COMMENT ON COLUMN holomamba.parameters.version IS 'number of the version';
COMMENT ON COLUMN holomamba.parameters.name IS 'name of the tensor, as layer and parameter';
COMMENT ON COLUMN holomamba.parameters.shape IS 'lengths of its dimensions, slowest first';
COMMENT ON COLUMN holomamba.parameters.data IS 'its elements, row-major, IEEE single precision, little endian';

-- Labels are values of the user's own tables (item ids, genres), so only the owner of the model sees them: the table is
-- private, and holomamba.vocabulary shows the rows of the reader's own models.
CREATE TABLE holomamba.vocabulary_catalogue (
    model   name NOT NULL,
    version integer NOT NULL,
    field   text NOT NULL,
    labels  text[] NOT NULL,
    counts  bigint[],
    PRIMARY KEY (model, version, field)
);

COMMENT ON TABLE holomamba.vocabulary_catalogue IS 'what the rows of the embedding tables stand for; see the view holomamba.vocabulary';
COMMENT ON COLUMN holomamba.vocabulary_catalogue.model IS 'name of the model';
COMMENT ON COLUMN holomamba.vocabulary_catalogue.version IS 'number of the version';
COMMENT ON COLUMN holomamba.vocabulary_catalogue.field IS
    'name of the attribute, behind ''event.'' where it is one of events; empty for the items themselves';
COMMENT ON COLUMN holomamba.vocabulary_catalogue.labels IS 'values of the attribute, or item ids, as text, in the order of their ordinals';
COMMENT ON COLUMN holomamba.vocabulary_catalogue.counts IS 'of items: how many events each had when the version was trained';

CREATE TABLE holomamba.training_log (
    model             name NOT NULL,
    version           integer NOT NULL,
    epoch             integer NOT NULL CHECK (epoch > 0),
    loss              real,
    hit_rate          real,
    ndcg              real,
    seconds           real,
    events_per_second real,
    learning_rate     real,
    gradient_norm     real,
    logged_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (model, version, epoch)
);

COMMENT ON TABLE holomamba.training_log IS 'one row per epoch, committed as soon as the epoch ends';
COMMENT ON COLUMN holomamba.training_log.model IS 'name of the model';
COMMENT ON COLUMN holomamba.training_log.version IS 'number of the version';
COMMENT ON COLUMN holomamba.training_log.epoch IS 'number of the epoch, from 1';
COMMENT ON COLUMN holomamba.training_log.loss IS 'mean cross-entropy of the epoch, in nats per event';
COMMENT ON COLUMN holomamba.training_log.hit_rate IS 'hit rate at 10 on the validation events, NULL without a holdout';
COMMENT ON COLUMN holomamba.training_log.ndcg IS 'normalised discounted cumulative gain at 10 on the validation events, NULL without a holdout';
COMMENT ON COLUMN holomamba.training_log.seconds IS 'time the epoch took, without validation';
COMMENT ON COLUMN holomamba.training_log.events_per_second IS 'training events of the epoch by its seconds';
COMMENT ON COLUMN holomamba.training_log.learning_rate IS 'learning rate of the last step of the epoch';
COMMENT ON COLUMN holomamba.training_log.gradient_norm IS 'length of the gradient before it is clipped, mean over the steps of the epoch';
COMMENT ON COLUMN holomamba.training_log.logged_at IS 'when the epoch ended';

-- Histories are in it, so only the owner of the model sees his rows: the table is private, and holomamba.checkpoints shows
-- those of the reader's own models. It is rewritten with every epoch, so autovacuum comes as soon as it can.
CREATE TABLE holomamba.checkpoint_catalogue (
    model   name NOT NULL,
    version integer NOT NULL,
    name    text NOT NULL,
    part    integer NOT NULL,
    data    bytea NOT NULL,
    PRIMARY KEY (model, version, name, part)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20,
        toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 1000);
ALTER TABLE holomamba.checkpoint_catalogue ALTER COLUMN data SET STORAGE EXTERNAL;

COMMENT ON TABLE holomamba.checkpoint_catalogue IS
    'what a training needs to go on after its last epoch as if nothing had happened; its rows go when the version is ready';
COMMENT ON COLUMN holomamba.checkpoint_catalogue.model IS 'name of the model';
COMMENT ON COLUMN holomamba.checkpoint_catalogue.version IS 'number of the version';
COMMENT ON COLUMN holomamba.checkpoint_catalogue.name IS 'data: the events and items it learns from, written once; the rest changes with every epoch';
COMMENT ON COLUMN holomamba.checkpoint_catalogue.part IS 'long arrays are cut into parts, from 0';
COMMENT ON COLUMN holomamba.checkpoint_catalogue.data IS 'the bytes of the part, as they lay in memory';

SELECT pg_catalog.pg_extension_config_dump('holomamba.model_catalogue', '');
SELECT pg_catalog.pg_extension_config_dump('holomamba.training_ids', '');
SELECT pg_catalog.pg_extension_config_dump('holomamba.version_catalogue', '');
SELECT pg_catalog.pg_extension_config_dump('holomamba.parameters', '');
SELECT pg_catalog.pg_extension_config_dump('holomamba.vocabulary_catalogue', '');
SELECT pg_catalog.pg_extension_config_dump('holomamba.training_log', '');
SELECT pg_catalog.pg_extension_config_dump('holomamba.checkpoint_catalogue', '');

-- Ownership

CREATE FUNCTION holomamba_internal.owns_extension() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = 'holomamba.model_catalogue'::regclass
$$;

COMMENT ON FUNCTION holomamba_internal.owns_extension() IS
    'whether the current role is a superuser or a member of the owner of the extension, in whose name deletions cascade';

CREATE FUNCTION holomamba.may_manage(model name) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    -- Of a model whose tables are both gone, the owner of its events may see to the rest.
    SELECT coalesce((SELECT bool_or(pg_has_role(c.relowner, 'USAGE')) FROM pg_class c
                     WHERE c.relnamespace = 'holomamba'::regnamespace AND c.relkind = 'r'
                       AND c.relname IN (may_manage.model || '_users', may_manage.model || '_items')),
                    (SELECT pg_has_role(c.relowner, 'USAGE') FROM holomamba.model_catalogue m JOIN pg_class c ON c.oid = m.interactions
                     WHERE m.model = may_manage.model),
                    false)
        OR holomamba_internal.owns_extension()
$$;

COMMENT ON FUNCTION holomamba.may_manage(name) IS
    'whether the current role may train, activate and drop the model: its owner, members of that role and superusers may';

-- Writing

CREATE FUNCTION holomamba_internal.declare_model(model name, interactions regclass, user_column name, item_column name, order_columns name[],
                                        items regclass, item_key name, attributes name[], options jsonb, time_column name DEFAULT NULL,
                                        event_attributes name[] DEFAULT '{}', target_column name DEFAULT NULL, target_values text[] DEFAULT NULL,
                                        weight_column name DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_declare_model' LANGUAGE C;
COMMENT ON FUNCTION holomamba_internal.declare_model(name, regclass, name, name, name[], regclass, name, name[], jsonb, name, name[], name, text[], name) IS
    'internal: puts a model of tables that the caller owns into the catalogue, and makes its tables';

CREATE FUNCTION holomamba_internal.delete_model(model name) RETURNS boolean
    AS 'MODULE_PATHNAME', 'holomamba_delete_model' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba_internal.delete_model(name) IS
    'internal: takes a model with its versions out of the catalogue, for its owner; false where it is not there';

CREATE FUNCTION holomamba_internal.active_version(model name) RETURNS integer
    AS 'MODULE_PATHNAME', 'holomamba_active_version' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba_internal.active_version(name) IS
    'internal: the version whose states are to be written, NULL before the first training; to be called under a lock on the table of users';

CREATE FUNCTION holomamba_internal.hold_version(model name, version integer) RETURNS boolean
    AS 'MODULE_PATHNAME', 'holomamba_hold_version' LANGUAGE C;
COMMENT ON FUNCTION holomamba_internal.hold_version(name, integer) IS
    'internal: keeps a complete version from being deleted until the transaction ends, for the owner of the model; false where it is not there';

CREATE FUNCTION holomamba_internal.set_active_version(model name, version integer) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_set_active_version' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba_internal.set_active_version(name, integer) IS 'internal: says which version recommends, for the owner of the model';

CREATE FUNCTION holomamba_internal.add_version(model name, holdout text, options jsonb) RETURNS integer
    AS 'MODULE_PATHNAME', 'holomamba_add_version' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba_internal.add_version(name, text, jsonb) IS
    'internal: a new version that is to be trained, for the owner of the model; returns the number of the training';

CREATE FUNCTION holomamba_internal.reopen_version(model name, version integer) RETURNS integer
    AS 'MODULE_PATHNAME', 'holomamba_reopen_version' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba_internal.reopen_version(name, integer) IS
    'internal: a version whose training goes on, for the owner of the model; returns the number of the training, NULL where it is complete or not there';

CREATE FUNCTION holomamba_internal.delete_version(model name, version integer) RETURNS boolean
    AS 'MODULE_PATHNAME', 'holomamba_delete_version' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba_internal.delete_version(name, integer) IS
    'internal: takes a version with its weights and its log out of the catalogue, for the owner of the model; false where it is not there';

CREATE FUNCTION holomamba_internal.store_vocabulary(model name, version integer, field text, labels text[], counts bigint[] DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_store_vocabulary' LANGUAGE C;
COMMENT ON FUNCTION holomamba_internal.store_vocabulary(name, integer, text, text[], bigint[]) IS
    'internal: what the rows of an embedding table of a version in training stand for, for the owner of the model';

CREATE FUNCTION holomamba_internal.store_event_columns(model name, version integer, timed boolean, event_attributes name[], event_values integer[]) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_store_event_columns' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba_internal.store_event_columns(name, integer, boolean, name[], integer[]) IS
    'internal: what a version in training reads of an event beside its item, for the owner of the model';

-- Views

CREATE VIEW holomamba.models AS
    SELECT m.model,
           pg_get_userbyid(u.relowner) AS owner,
           m.interactions, m.user_column, m.item_column, m.order_columns, m.items, m.item_key, m.attributes,
           m.time_column, m.event_attributes, m.target_column, m.target_values, m.weight_column, m.options,
           m.active_version, m.created_at
    FROM holomamba.model_catalogue m
    LEFT JOIN pg_class u
           ON u.relnamespace = 'holomamba'::regnamespace AND u.relname = m.model || '_users';

COMMENT ON VIEW holomamba.models IS 'the models of this database';
COMMENT ON COLUMN holomamba.models.model IS 'name of the model';
COMMENT ON COLUMN holomamba.models.owner IS 'role that may train, activate and drop it: the owner of its tables';
COMMENT ON COLUMN holomamba.models.interactions IS 'table of events';
COMMENT ON COLUMN holomamba.models.user_column IS 'column of interactions that holds the user id';
COMMENT ON COLUMN holomamba.models.item_column IS 'column of interactions that holds the item id';
COMMENT ON COLUMN holomamba.models.order_columns IS 'columns that order the events of a user, most significant first';
COMMENT ON COLUMN holomamba.models.items IS 'table of items, or NULL';
COMMENT ON COLUMN holomamba.models.item_key IS 'column of items that the item column refers to';
COMMENT ON COLUMN holomamba.models.attributes IS 'columns of items that describe an item';
COMMENT ON COLUMN holomamba.models.time_column IS 'column of interactions that says when an event was, or NULL';
COMMENT ON COLUMN holomamba.models.event_attributes IS 'columns of interactions that say more of an event than its item';
COMMENT ON COLUMN holomamba.models.target_column IS 'column of interactions that says which events are to be predicted, or NULL: all';
COMMENT ON COLUMN holomamba.models.target_values IS 'values of target_column, as text, of the events that are to be predicted';
COMMENT ON COLUMN holomamba.models.weight_column IS 'column of interactions that says what an event counts in a training, or NULL: each counts 1';
COMMENT ON COLUMN holomamba.models.options IS 'options given to create_model()';
COMMENT ON COLUMN holomamba.models.active_version IS 'version that recommends, or NULL before the first training';
COMMENT ON COLUMN holomamba.models.created_at IS 'when create_model() ran';

-- A session that trains holds a lock (src/postgres/training/training_lock.hpp) until it ends, however it ends: not an advisory one, which
-- anybody could take. Locks are not replicated, so a standby has to believe what is written.
CREATE FUNCTION holomamba_internal.training_pid(training_id integer) RETURNS integer
LANGUAGE sql VOLATILE STRICT SET search_path = pg_catalog, pg_temp
AS $$
    SELECT l.pid FROM pg_locks l
    WHERE l.locktype = 'object' AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
      AND l.classid = 'holomamba.version_catalogue'::regclass AND l.objid = training_id::oid AND l.objsubid = 0 AND l.granted
$$;

COMMENT ON FUNCTION holomamba_internal.training_pid(integer) IS 'process that runs a training, or NULL where none does';

CREATE VIEW holomamba.versions AS
    SELECT v.model, v.version, v.version IS NOT DISTINCT FROM m.active_version AS active,
           CASE WHEN v.status = 'training' AND NOT pg_is_in_recovery() AND holomamba_internal.training_pid(v.training_id) IS NULL
                THEN 'interrupted' ELSE v.status END AS status,
           v.message, v.training_id, v.holdout, v.options, v.seed,
           coalesce(v.epochs, (SELECT max(l.epoch) FROM holomamba.training_log l WHERE l.model = v.model AND l.version = v.version)) AS epochs,
           v.best_epoch, best.loss, best.hit_rate, best.ndcg, v.events, v.users, v.items, v.started_at, v.finished_at, coalesce(v.attributes, m.attributes) AS attributes
    FROM holomamba.version_catalogue v
    JOIN holomamba.model_catalogue m USING (model)
    LEFT JOIN holomamba.training_log best
           ON best.model = v.model AND best.version = v.version AND best.epoch = v.best_epoch;

COMMENT ON VIEW holomamba.versions IS 'the versions of every model, with the figures of their best epoch';
COMMENT ON COLUMN holomamba.versions.model IS 'name of the model';
COMMENT ON COLUMN holomamba.versions.version IS 'number of the version';
COMMENT ON COLUMN holomamba.versions.active IS 'whether this is the version that recommends';
COMMENT ON COLUMN holomamba.versions.status IS
    'training: under way; interrupted: broken off, and no session trains it; failed: ended by an error in the background; ready: complete';
COMMENT ON COLUMN holomamba.versions.message IS 'error that ended the training in the background';
COMMENT ON COLUMN holomamba.versions.training_id IS 'number of the training, for cancel_training()';
COMMENT ON COLUMN holomamba.versions.holdout IS 'which events were kept from training: none, leave_one_out or time';
COMMENT ON COLUMN holomamba.versions.options IS 'every option of the training, defaults filled in';
COMMENT ON COLUMN holomamba.versions.seed IS 'seed of the training';
COMMENT ON COLUMN holomamba.versions.epochs IS 'epochs trained so far';
COMMENT ON COLUMN holomamba.versions.best_epoch IS 'epoch whose weights were kept';
COMMENT ON COLUMN holomamba.versions.loss IS 'training loss of the best epoch, in nats per event';
COMMENT ON COLUMN holomamba.versions.hit_rate IS 'hit rate at 10 of the best epoch on the validation events';
COMMENT ON COLUMN holomamba.versions.ndcg IS 'normalised discounted cumulative gain at 10 of the best epoch on the validation events';
COMMENT ON COLUMN holomamba.versions.events IS 'events trained on';
COMMENT ON COLUMN holomamba.versions.users IS 'users trained on';
COMMENT ON COLUMN holomamba.versions.items IS 'items trained on';
COMMENT ON COLUMN holomamba.versions.started_at IS 'when the training began';
COMMENT ON COLUMN holomamba.versions.finished_at IS 'when the version became ready';
COMMENT ON COLUMN holomamba.versions.attributes IS 'attributes of items that it was trained with';

CREATE VIEW holomamba.trainings WITH (security_barrier) AS
    SELECT v.training_id, v.model, v.version, v.holdout, done.epoch, plan.epochs, v.started_at,
           CASE WHEN done.epoch > 0 THEN greatest(interval '0', done.pace * (plan.epochs - done.epoch) - (clock_timestamp() - done.logged_at)) END AS time_left,
           holomamba_internal.training_pid(v.training_id) AS pid
    FROM holomamba.versions v
    CROSS JOIN LATERAL (
        -- From one row to the next it is an epoch with its validation, or a training that was broken off and gone on with.
        SELECT coalesce(max(e.epoch), 0) AS epoch, max(e.logged_at) AS logged_at,
               coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY e.took), make_interval(secs => max(e.seconds))) AS pace
        FROM (SELECT l.epoch, l.logged_at, l.seconds, l.logged_at - lag(l.logged_at) OVER (ORDER BY l.epoch) AS took
              FROM holomamba.training_log l WHERE l.model = v.model AND l.version = v.version) e) done
    CROSS JOIN LATERAL (SELECT nullif(v.options ->> 'epochs', 'auto')::integer) plan (epochs)
    WHERE v.status = 'training' AND holomamba.may_manage(v.model);

COMMENT ON VIEW holomamba.trainings IS 'the trainings of one''s own models that are under way, how far they are, and how long they may still take';
COMMENT ON COLUMN holomamba.trainings.training_id IS 'number of the training, which start_training() returned, for cancel_training()';
COMMENT ON COLUMN holomamba.trainings.model IS 'name of the model';
COMMENT ON COLUMN holomamba.trainings.version IS 'number of the version';
COMMENT ON COLUMN holomamba.trainings.holdout IS 'which events are kept from training: none, leave_one_out or time';
COMMENT ON COLUMN holomamba.trainings.epoch IS 'the last epoch that has ended, 0 before the first';
COMMENT ON COLUMN holomamba.trainings.epochs IS 'epochs planned, NULL until that is settled; with a holdout it may end before';
COMMENT ON COLUMN holomamba.trainings.started_at IS 'when the training began; of one that is gone on with, when it first did';
COMMENT ON COLUMN holomamba.trainings.time_left IS 'an estimate, by the epochs so far: at most this long until the last has ended; NULL before the first has';
COMMENT ON COLUMN holomamba.trainings.pid IS 'process that trains, as in pg_stat_activity; NULL on a standby';

CREATE VIEW holomamba.vocabulary WITH (security_barrier) AS
    SELECT v.model, v.version, v.field, v.labels, v.counts
    FROM holomamba.vocabulary_catalogue v
    WHERE holomamba.may_manage(v.model);

COMMENT ON VIEW holomamba.vocabulary IS 'what the rows of the embedding tables of one''s own models stand for';
COMMENT ON COLUMN holomamba.vocabulary.model IS 'name of the model';
COMMENT ON COLUMN holomamba.vocabulary.version IS 'number of the version';
COMMENT ON COLUMN holomamba.vocabulary.field IS 'name of the attribute, behind ''event.'' where it is one of events; empty for the items themselves';
COMMENT ON COLUMN holomamba.vocabulary.labels IS 'values of the attribute, or item ids, as text, in the order of their ordinals';
COMMENT ON COLUMN holomamba.vocabulary.counts IS 'of items: how many events each had when the version was trained';

CREATE VIEW holomamba.checkpoints WITH (security_barrier) AS
    SELECT c.model, c.version, c.name, c.part, c.data
    FROM holomamba.checkpoint_catalogue c
    WHERE holomamba.may_manage(c.model);

COMMENT ON VIEW holomamba.checkpoints IS 'what unfinished trainings of one''s own models go on from';
COMMENT ON COLUMN holomamba.checkpoints.model IS 'name of the model';
COMMENT ON COLUMN holomamba.checkpoints.version IS 'number of the version';
COMMENT ON COLUMN holomamba.checkpoints.name IS 'data: the events and items it learns from; the rest changes with every epoch';
COMMENT ON COLUMN holomamba.checkpoints.part IS 'long arrays are cut into parts, from 0';
COMMENT ON COLUMN holomamba.checkpoints.data IS 'the bytes of the part, as they lay in memory';

-- Errors

CREATE FUNCTION holomamba_internal.version_in_training(model name) RETURNS integer
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
    SELECT max(v.version) FROM holomamba.versions v WHERE v.model = version_in_training.model AND v.status = 'training'
$$;

COMMENT ON FUNCTION holomamba_internal.version_in_training(name) IS 'internal: the latest version of a model that is being trained, NULL where none is';

CREATE FUNCTION holomamba_internal.hint_to_train(model name, hint text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT format('To go on with version %s, which was broken off: CALL holomamba.resume_training(%L); to begin anew: %s', v.version, v.model, hint)
                     FROM holomamba.versions v WHERE v.model = hint_to_train.model AND v.status IN ('interrupted', 'failed') ORDER BY v.version DESC LIMIT 1),
                    hint)
$$;

COMMENT ON FUNCTION holomamba_internal.hint_to_train(name, text) IS
    'internal: what to do with a model without a complete version: to train it, or to go on with what was broken off';

CREATE FUNCTION holomamba_internal.refuse_untrained(model name, hint text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    version CONSTANT integer := holomamba_internal.version_in_training(model);
BEGIN
    RAISE object_not_in_prerequisite_state USING
        MESSAGE = format(CASE WHEN version IS NULL THEN 'model "%s" is not trained' ELSE 'model "%s" is being trained' END, model),
        HINT = CASE WHEN version IS NULL THEN holomamba_internal.hint_to_train(model, hint)
                    ELSE format('It can be asked when version %s is ready. The view holomamba.trainings shows its owner how far it is.', version) END;
END
$$;

COMMENT ON FUNCTION holomamba_internal.refuse_untrained(name, text) IS
    'internal: says that a model has no active version, with a hint, or that its first training is under way';

-- Rights. Weights are readable by all, since they say nothing without a vocabulary and recommend_next() needs them.

GRANT SELECT ON holomamba.models, holomamba.versions, holomamba.trainings, holomamba.model_catalogue, holomamba.version_catalogue,
    holomamba.parameters, holomamba.training_log TO PUBLIC;
GRANT SELECT ON holomamba.vocabulary, holomamba.checkpoints TO PUBLIC;
