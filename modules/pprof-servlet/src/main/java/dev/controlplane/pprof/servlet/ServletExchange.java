package dev.controlplane.pprof.servlet;

import dev.controlplane.pprof.http.Exchange;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Optional;

/** A request to a servlet container. */
record ServletExchange(HttpServletRequest request, HttpServletResponse response)
    implements Exchange {
  @Override
  public String method() {
    return request.getMethod();
  }

  @Override
  public String rawPath() {
    return request.getRequestURI().substring(prefix().length());
  }

  @Override
  public String rawQuery() {
    return Objects.requireNonNullElse(request.getQueryString(), "");
  }

  @Override
  public String prefix() {
    return request.getContextPath();
  }

  @Override
  public Optional<String> header(String name) {
    return Optional.ofNullable(request.getHeader(name));
  }

  @Override
  public InetSocketAddress peer() {
    try {
      // Always an address, so nothing is looked up.
      InetAddress address = InetAddress.getByName(request.getRemoteAddr());
      return new InetSocketAddress(address, request.getRemotePort());
    } catch (UnknownHostException e) {
      return InetSocketAddress.createUnresolved(request.getRemoteAddr(), request.getRemotePort());
    }
  }

  @Override
  public int localPort() {
    return request.getLocalPort();
  }

  @Override
  public InputStream body() throws IOException {
    return request.getInputStream();
  }

  @Override
  public void setHeader(String name, String value) {
    response.setHeader(name, value);
  }

  @Override
  public OutputStream respond(int status, long length) throws IOException {
    response.setStatus(status);
    if (length >= 0) {
      response.setContentLengthLong(length);
    }
    return response.getOutputStream();
  }
}
