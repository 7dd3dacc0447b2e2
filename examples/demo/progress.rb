# frozen_string_literal: true

module Demo
  # Says on standard error what takes its time: one line that changes on a
  # terminal, plain lines everywhere else.
  class Progress
    TICK_SECONDS = 0.5

    def initialize(err = $stderr)
      @err = err
      @terminal = err.tty?
    end

    # Runs the block and shows the seconds it has taken so far.
    def during(what)
      start = now
      ticker = @terminal ? Thread.new { tick(what, start) } : @err.puts("#{what} ...")
      result = yield
      stop(ticker, format("%<what>s: %<seconds>.1f s", what: what, seconds: now - start))
      result
    rescue StandardError
      stop(ticker, "#{what}: failed")
      raise
    end

    # A count that the caller moves on. Only a terminal shows it.
    def count(what, done, total)
      return unless @terminal

      @err.print("\r\e[K#{what}: #{done} of #{total}")
      @err.print("\r\e[K") if done >= total
    end

    private

    def tick(what, start)
      loop do
        @err.print(format("\r\e[K%<what>s: %<seconds>d s", what: what, seconds: now - start))
        sleep(TICK_SECONDS)
      end
    end

    def stop(ticker, text)
      if ticker
        ticker.kill.join
        @err.print("\r\e[K")
      end
      @err.puts(text)
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
