/** A SQLite database: its schema, its one writer, its readers, and how they learn of commits. */
package dev.controlplane.catalog.database;
