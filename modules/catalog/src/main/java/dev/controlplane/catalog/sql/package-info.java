/** Catalog and consumers as rows: what each change and each question is in SQL. */
package dev.controlplane.catalog.sql;
