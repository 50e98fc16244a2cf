/** How calls fail: the status of gRPC with the details of google.rpc. */
package dev.controlplane.transport.status;
