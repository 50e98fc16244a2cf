/**
 * SQLite databases: their schemas, their single writers, their readers, and how readers learn of
 * commits.
 */
package dev.controlplane.catalog.database;
