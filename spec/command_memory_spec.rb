# frozen_string_literal: true

# Linux's /proc tells how much the process has ever held.
RSpec.describe "The memory of msgpack-ext", :slow do
  # Writes a stream of 200 MB: objects of 1 MiB each, of many strings, or one object of as much.
  writer = <<~'RUBY'
    kind, mebibytes = ARGV[0], Integer(ARGV[1])
    $stdout.binmode
    strings = ("\xDA\x04\x00".b + "x" * 1024) * 1020
    case kind
    when "msgpack" then mebibytes.times { $stdout.write("\xDC\x03\xFC".b, strings) }
    when "json" then mebibytes.times { $stdout.write("[", (["\"#{"x" * 1024}\""] * 1020).join(","), "]\n") }
    when "one"
      $stdout.write("\xDD".b, [1020 * mebibytes].pack("N"))
      mebibytes.times { $stdout.write(strings) }
    when "string"
      $stdout.write("\xDB".b, [mebibytes << 20].pack("N"))
      mebibytes.times { $stdout.write("x" * 1_048_576) }
    end
  RUBY

  program = <<~'RUBY'
    require "msgpack/command"
    status = MessagePack::Command.run(ARGV)
    $stderr.puts File.read("/proc/self/status")[/^VmHWM:\s+(\d+)/, 1]
    exit status
  RUBY

  # A path that leads nowhere gives another status.
  fine = [0, 4]

  # @return [Integer] MiB at the peak
  define_method(:peak_mebibytes) do |kind, mebibytes, *arguments|
    reader, pipe = IO.pipe
    errors, error_pipe = IO.pipe
    writing = spawn(RbConfig.ruby, "-e", writer, kind, mebibytes.to_s, out: pipe)
    env = ProcessMemory::MALLOC
    reading = spawn(env, RbConfig.ruby, "-I", SubprocessHelpers::LIB, "-e", program, *arguments,
                    in: reader, out: File::NULL, err: error_pipe)
    [reader, pipe, error_pipe].each(&:close)
    text = errors.read
    statuses = [reading, writing].map { |pid| Process.wait2(pid).last.exitstatus }
    expect(statuses).to match([satisfy { |status| fine.include?(status) }, 0]), text
    Integer(text) / 1024
  end

  before { skip "needs Linux's /proc, with clear_refs" unless ProcessMemory.told? }

  {
    %w[inspect] => "msgpack", %w[stats] => "msgpack", %w[to-json] => "msgpack", %w[from-json] => "json",
    %w[dig - [5]] => "msgpack"
  }.each do |arguments, kind|
    it "is the same for 20 MB and for 200 MB of objects of 1 MB: #{arguments.first}" do
      short = peak_mebibytes(kind, 20, *arguments)
      expect(peak_mebibytes(kind, 200, *arguments)).to be < short + 50
    end
  end

  { "one" => [%w[inspect], %w[stats], %w[dig - [5]]], "string" => [%w[inspect], %w[stats], %w[dig - none]] }
    .each do |kind, commands|
      commands.each do |arguments|
        it "is little for a single object of 200 MB (#{kind}): #{arguments.first}" do
          expect(peak_mebibytes(kind, 200, *arguments)).to be < 90
        end
      end
    end
end
