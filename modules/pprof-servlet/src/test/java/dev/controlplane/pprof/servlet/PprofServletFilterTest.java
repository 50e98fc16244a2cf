package dev.controlplane.pprof.servlet;

import dev.controlplane.pprof.http.AdapterContract;
import dev.controlplane.pprof.http.PprofEndpoint;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.buf.EncodedSolidusHandling;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.junit.jupiter.api.io.TempDir;

/** The adapter for servlets, in Tomcat. */
class PprofServletFilterTest extends AdapterContract {
  @TempDir static Path directory;

  private final Tomcat tomcat = new Tomcat();

  /** Answers what the filter has passed on. */
  private static final class Users extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getWriter().write("the user's");
    }
  }

  @Override
  protected int start(PprofEndpoint endpoint) throws LifecycleException {
    tomcat.setBaseDir(directory.toString());
    tomcat.setPort(0);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    // Tomcat refuses an escaped slash by default; here it reaches the filter.
    tomcat.getConnector().setEncodedSolidusHandling(EncodedSolidusHandling.PASS_THROUGH.getValue());
    Context context = tomcat.addContext("", directory.toString());
    Tomcat.addServlet(context, "users", new Users()).addMapping("/");
    FilterDef filter = new FilterDef();
    filter.setFilterName("pprof");
    filter.setFilter(new PprofServletFilter(endpoint));
    context.addFilterDef(filter);
    FilterMap everything = new FilterMap();
    everything.setFilterName("pprof");
    everything.addURLPattern("/*");
    context.addFilterMap(everything);
    tomcat.start();
    return tomcat.getConnector().getLocalPort();
  }

  @Override
  protected void stop() throws LifecycleException {
    tomcat.stop();
    tomcat.destroy();
  }
}
