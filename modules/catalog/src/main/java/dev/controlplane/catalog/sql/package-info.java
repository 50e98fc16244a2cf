/** The catalog and the consumers in SQL. */
package dev.controlplane.catalog.sql;
