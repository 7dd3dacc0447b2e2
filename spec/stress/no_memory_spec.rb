# frozen_string_literal: true

# Calls that the system has no memory for, in processes with little of it: afterwards all goes on.
RSpec.describe "A NoMemoryError", :slow do
  before { need(RUBY_PLATFORM.include?("linux"), "a limit on a process's memory, as Linux has") }

  # Leaves the process so many MiB more than it has, while the block runs.
  prelude = <<~'RUBY'
    require "msgpack-ext"
    MIB = 1 << 20
    def with_little_memory(more = 16)
      GC.start
      used = File.read("/proc/self/statm").to_i * Integer(`getconf PAGESIZE`)
      soft, hard = Process.getrlimit(:AS)
      Process.setrlimit(:AS, used + (more * MIB), hard)
      begin
        yield
      rescue NoMemoryError => error
        error
      ensure
        Process.setrlimit(:AS, soft, hard)
      end
    end

    def fails
      error = with_little_memory { yield }
      raise "no NoMemoryError but #{error.class}" unless error.instance_of?(NoMemoryError)
    end

    LARGE = "x" * (64 * MIB)
    VALUE = [1, { "key" => LARGE }, "end"].freeze
    BYTES = MessagePack.pack(VALUE).freeze
    def same?(value) = value == VALUE
  RUBY

  {
    "a kept Unpacker, which reads the object again" => <<~'RUBY',
      unpacker = MessagePack::Unpacker.new
      unpacker.feed("\x01".b).read
      unpacker.feed(BYTES).feed("\xA4next")
      2.times { fails { unpacker.read } }
      puts unpacker.tell == 1, same?(unpacker.read), unpacker.read == "next", unpacker.tell == BYTES.bytesize + 6
    RUBY
    "a kept Unpacker, fed and asked for its state meanwhile" => <<~'RUBY',
      unpacker = MessagePack::Unpacker.new
      unpacker.feed(BYTES)
      fails { unpacker.read }
      unpacker.inspect
      unpacker.feed("\xA4next")
      puts unpacker.buffer.size == BYTES.bytesize + 5
      unpacker.skip
      puts unpacker.read == "next"
    RUBY
    "a kept Unpacker, reset" => <<~'RUBY',
      unpacker = MessagePack::Unpacker.new
      unpacker.feed(BYTES)
      fails { unpacker.read }
      unpacker.reset
      puts unpacker.tell == 0, unpacker.feed("\x92\x01\x02".b).read == [1, 2]
    RUBY
    "each, which goes on" => <<~'RUBY',
      unpacker = MessagePack::Unpacker.new
      unpacker.feed("\x01".b).feed(BYTES).feed("\x02".b)
      seen = []
      fails { unpacker.each { |object| seen << object } }
      puts seen == [1]
      unpacker.each { |object| seen << object }
      puts seen.size == 3, same?(seen[1]), seen[2] == 2
    RUBY
    "one-shot calls, more often than there is scratch memory" => <<~'RUBY'
      10.times { fails { MessagePack.unpack(BYTES) } }
      3.times { puts same?(MessagePack.unpack(BYTES)) }
      puts MessagePack.unpack(MessagePack.pack({ "a" => [1, 2.5] })) == { "a" => [1, 2.5] }
    RUBY
  }.each do |what, program|
    it "is survived by #{what}" do
      result = in_subprocess(prelude + program)
      expect(result).to be_success, result.to_s
      expected = program.lines.grep(/^\s*(\d\.times \{ )?puts /).size
      expect(result.stdout.split.uniq).to eq(["true"]), result.to_s
      expect(result.stdout.split.size).to be >= expected
    end
  end
end
