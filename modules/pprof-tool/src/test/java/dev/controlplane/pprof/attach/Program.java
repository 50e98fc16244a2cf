package dev.controlplane.pprof.attach;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/** A program without this library: fifty virtual threads, and answers to what the test asks. */
public final class Program {
  private static final LinkedBlockingQueue<Integer> QUEUE = new LinkedBlockingQueue<>();

  private Program() {}

  /** Answers each line of standard input with one line. */
  public static void main(String[] args) throws IOException {
    for (int i = 0; i < 50; i++) {
      Thread.startVirtualThread(Program::waitForever);
    }
    if (Boolean.getBoolean("deadlock")) {
      embrace();
    }
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      System.out.println(answer(line));
    }
  }

  private static void waitForever() {
    try {
      QUEUE.take();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Two virtual threads, each with the lock or the monitor that the other one wants. */
  private static void embrace() {
    var lock = new ReentrantLock();
    var monitor = new Object();
    var both = new CyclicBarrier(2);
    Thread.startVirtualThread(
        () -> {
          lock.lock();
          meet(both);
          synchronized (monitor) {
            waitForever();
          }
        });
    Thread.startVirtualThread(
        () -> {
          synchronized (monitor) {
            meet(both);
            lock.lock();
          }
        });
  }

  private static void meet(CyclicBarrier both) {
    try {
      both.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String answer(String question) {
    if (question.equals("threads")) {
      return Thread.getAllStackTraces().keySet().stream()
          .map(Thread::getName)
          .collect(Collectors.joining(","));
    }
    if (question.startsWith("property ")) {
      return System.getProperty(question.substring("property ".length()));
    }
    try {
      return Class.forName(question).getName();
    } catch (ClassNotFoundException e) {
      return "none";
    }
  }
}
