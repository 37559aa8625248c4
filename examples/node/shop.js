#!/usr/bin/env node
/* What a web application asks of holomamba, in JavaScript with node-postgres (npm: pg, Debian: node-pg).

    shop.js visit VISITOR PAGE...   one event for each page, in one statement
    shop.js for VISITOR [K]         what to show to a visitor
    shop.js after [PAGE ...]        what to show to somebody without an account, who has been there
    shop.js letters VISITOR...      for these visitors, in one go
    shop.js like PAGE               pages like another
    shop.js vector PAGE             the page's vector, as numbers

It connects as libpq does: PGHOST, PGDATABASE, PGUSER and the like. The tables and the model are those of examples/python/shop.py:
visitors are UUIDs, pages texts. */
'use strict';

const { Pool } = require('pg');

// Connections are taken and given back by pool.query(). A statement with a name is prepared once in each of them, and recommend()
// plans once in each, too: keep few.
const pool = new Pool({ max: 4 });

async function rows(name, text, values) {
    const result = await pool.query({ name, text, values, rowMode: 'array' });
    return result.rows;
}

const commands = {
    // An array of JavaScript is one of PostgreSQL, once its type is said.
    visit: (visitor, ...pages) =>
        rows('visit', 'INSERT INTO visits (visitor, page) SELECT $1, page FROM unnest($2::text[]) WITH ORDINALITY AS p (page, n) ORDER BY n', [visitor, pages]),

    // Users are uuid and items text: ids travel as text.
    for: (visitor, k = '5') => rows('for', "SELECT item_id, score FROM recommend($1::text, $2, 'pages')", [visitor, Number(k)]),

    after: (...pages) => rows('after', "SELECT item_id, score FROM recommend_next($1::text[], 5, 'pages')", [pages]),

    letters: (...visitors) => rows('letters', "SELECT user_id, item_id FROM recommend_batch($1::text[], 2, 'pages')", [visitors]),

    like: (page) => rows('like', "SELECT item_id, similarity FROM similar_items($1::text, 5, 'pages')", [page]),

    // A vector is text to the driver; as real[] it is an array of numbers.
    vector: async (page) => {
        const [[vector]] = await rows('vector', 'SELECT token::real[] FROM holomamba.pages_items WHERE item_id = $1', [page]);
        return vector.map((x) => [x]);
    },
};

async function main(command, ...values) {
    if (!Object.hasOwn(commands, command ?? '')) {
        console.error('usage: shop.js visit|for|after|letters|like|vector ...');
        process.exitCode = 1;
        return;
    }
    try {
        for (const row of await commands[command](...values)) {
            console.log(row.join('\t'));
        }
    } catch (error) {
        // The server's errors have a hint where there is a next step.
        console.error([error.message, error.hint].filter(Boolean).join('\n'));
        process.exitCode = 1;
    } finally {
        await pool.end();
    }
}

main(...process.argv.slice(2));
