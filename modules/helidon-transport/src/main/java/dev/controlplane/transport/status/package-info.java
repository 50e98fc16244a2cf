/** gRPC errors: status codes with the details of google.rpc. */
package dev.controlplane.transport.status;
