package dev.controlplane.faults;

/**
 * A place in a server's code.
 *
 * @param type the class, with its package
 * @param method every method of this name
 */
public record Hook(String type, String method) {
  private static final String ROOT = "dev.controlplane.";

  // Every place that faults and mutants need, so that a change of name is mended here alone.
  static final Hook PLACE_BLOB = new Hook(ROOT + "catalog.blobs.FileUpload", "place");
  static final Hook REMOVE_BLOB = new Hook(ROOT + "catalog.blobs.BlobFiles", "remove");
  static final Hook EXECUTE = new Hook(ROOT + "catalog.database.Session", "execute");
  static final Hook CHANGE = new Hook(ROOT + "catalog.database.Session", "change");
  static final Hook TRANSACTION = new Hook(ROOT + "catalog.database.Transactions", "transaction");
  static final Hook COMPACTED = new Hook(ROOT + "catalog.LogState", "compacted");
  static final Hook SNAPSHOT_PAGE = new Hook(ROOT + "catalog.sql.SqlCatalogReader", "snapshot");
  static final Hook SYNC_DIRECTORY = new Hook(ROOT + "catalog.files.Directories", "sync");
  static final Hook SET_SYNCHRONOUS = new Hook("org.sqlite.SQLiteConfig", "setSynchronous");
  static final Hook SEND = new Hook(ROOT + "transport.grpc.LongLivedStream", "send");
  static final Hook ANSWER = new Hook(ROOT + "server.http.Api", "answer");
  static final Hook HANDLE = new Hook(ROOT + "server.http.Resource", "variables");
  static final Hook CONNECTION = new Hook(ROOT + "transport.http1.TimedConnection", "serve");
  static final Hook START_AFTER = new Hook(ROOT + "grpc.push.Subscription", "startAfter");
  static final Hook OBSTACLE = new Hook(ROOT + "grpc.push.UpdateFeed", "obstacle");
  static final Hook LOOK_AT_LOG = new Hook(ROOT + "grpc.push.LogTail", "attempt");
  static final Hook END_ALL = new Hook(ROOT + "grpc.push.LogTail", "endAll");
  static final Hook FALL_BEHIND = new Hook(ROOT + "grpc.push.Subscriptions", "fallBehind");
  static final Hook NOTED = new Hook(ROOT + "catalog.database.CommitSignal", "noted");

  boolean isIn(String internalName) {
    return internalName.equals(type.replace('.', '/'));
  }
}
