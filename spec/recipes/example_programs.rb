# frozen_string_literal: true

require "rbconfig"
require "timeout"
require "tmpdir"

# Programs of examples/, and servers that they talk to. What an example starts ends with it, and its folder goes.
module ExamplePrograms
  EXAMPLES = File.expand_path("../../examples", __dir__)
  # What takes that long will not come: seconds, enough on a machine that is busy with other things.
  DEADLINE = 60

  Started = Struct.new(:pid, :log) do
    def output = File.read(log, encoding: "UTF-8")

    # Waits for its end. Nothing else waits for it: until then the number is its own, even when it has ended.
    #
    # @return [Process::Status]
    def status = @status ||= Process.wait2(pid).last

    # @return [Process::Status]
    def end_by(signal)
      Process.kill(signal, pid) unless @status
      status
    end
  end

  def self.included(group)
    group.around do |example|
      Dir.mktmpdir("msgpack-ext-recipe") do |folder|
        @folder = folder
        @started = []
        Timeout.timeout(2 * DEADLINE) { example.run }
      ensure
        @started.each { |program| program.end_by("KILL") }
      end
    end
  end

  # @return [String] for files of this example alone
  attr_reader :folder

  # What starts a program of examples/, with nothing in its environment that is a developer's.
  def command_of(name, *arguments) = [RbConfig.ruby, "-w", File.join(EXAMPLES, name), *arguments]

  # Runs one to its end.
  #
  # @return [SubprocessHelpers::Subprocess]
  def run_recipe(name, *arguments, env: {}, **process)
    run_program(*command_of(name, *arguments), env: PackagedGem::CLEAN.merge(env), **process)
  end

  # Starts any program.
  #
  # @return [Started]
  def start(*command, env: {})
    log = File.join(folder, "log-#{@started.size}")
    pid = Process.spawn(PackagedGem::CLEAN.merge(env), *command, in: File::NULL, out: log, err: %i[child out])
    @started.push(Started.new(pid, log)).last
  end

  # Waits for what other processes do.
  #
  # @return what the block returns, once that is neither nil nor false
  def eventually
    (DEADLINE * 50).times do
      result = yield
      return result if result

      sleep 0.02
    end
    raise "waited in vain\n#{@started.map(&:output).join}"
  end
end
