/** Requests to the servers' HTTP APIs: uploads, downloads, listings. */
package dev.controlplane.client.http;
