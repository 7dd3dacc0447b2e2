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
      Process.setrlimit(:AS, used + (more * MIB).to_i, hard)
      begin
        yield
      rescue NoMemoryError => error
        error
      ensure
        Process.setrlimit(:AS, soft, hard)
      end
    end

    def fails(more = 16)
      error = with_little_memory(more) { yield }
      raise "no NoMemoryError but #{error.class}" unless error.instance_of?(NoMemoryError)
    end

    # So many MiB: whatever grows meets the edge at another place of its own.
    LIMITS = [1.6, 2.9, 4.3, 5.8, 7.1].freeze

    # Does something until there is no memory for it, and tells how often that was.
    def until_nothing_is_left(more, count = 0)
      fails(more) { loop { yield || raise("not done"); count += 1 } }
      count
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
    "one-shot calls, more often than there is scratch memory" => <<~'RUBY',
      10.times { fails { MessagePack.unpack(BYTES) } }
      3.times { puts same?(MessagePack.unpack(BYTES)) }
      puts MessagePack.unpack(MessagePack.pack({ "a" => [1, 2.5] })) == { "a" => [1, 2.5] }
    RUBY
    "a kept Unpacker, whose String lies in pieces" => <<~'RUBY',
      unpacker = MessagePack::Unpacker.new
      bytes = MessagePack.pack(["first", LARGE.byteslice(0, 30 * MIB)])
      bytes.bytes.first(20).each { |byte| unpacker.feed(byte.chr) }
      pieces = (20...bytes.bytesize).step(MIB).map { |start| bytes.byteslice(start, MIB) }
      pieces.each { |piece| unpacker.feed(piece) }
      unpacker.feed("\xA4next")
      # For joining the pieces, for the String then, and again.
      [3, 40, 3].each { |more| fails(more) { unpacker.read } }
      read = unpacker.read
      puts pieces.sum(&:bytesize) == bytes.bytesize - 20, read[0] == "first", read[1].bytesize == 30 * MIB, unpacker.read == "next"
    RUBY
    "a kept Unpacker, which passes over an object that it is in the middle of" => <<~'RUBY',
      rest = LARGE.byteslice(0, 30 * MIB)
      unpacker = MessagePack::Unpacker.new
      unpacker.feed("\x94\x82\xA1k".b).read rescue MessagePack::UnderflowError
      # The value of the key, a second key and the String; what is left of the array; the next object.
      unpacker.feed("\x01\xA2kk".b + MessagePack.pack(rest) + "\x02\x93\x03\x04\x05\x06".b).feed("\xA4next")
      fails { unpacker.read }
      puts unpacker.buffer.size == (30 * MIB) + 20, unpacker.read == "next", unpacker.tell == (30 * MIB) + 24
      puts unpacker.feed("\x92\x01\x02".b).read == [1, 2]
    RUBY
    "a kept Unpacker, which passes over the rest of many" => <<~'RUBY',
      # More values than are decoded in one go.
      many = Array.new(100_000, nil) << LARGE
      unpacker = MessagePack::Unpacker.new.feed(MessagePack.pack([many, 5])).feed("\xA4next")
      fails { unpacker.read }
      puts unpacker.read == "next"
    RUBY
    "a kept Unpacker, with an extended type" => <<~'RUBY',
      payload = LARGE.byteslice(0, 30 * MIB)
      types = MessagePack::Factory.new
      types.register_type(1, Struct.new(:bytes) { def self.name = "Payload" }, unpacker: ->(bytes) { bytes.bytesize })
      message = "\x93\x01".b + [0xc9, payload.bytesize, 1].pack("CNC") + payload + "\x02".b
      unpacker = types.unpacker
      2.times do
        unpacker.feed(message.byteslice(0, 9)).feed(message.byteslice(9..)).feed("\xA4next")
        2.times { fails { unpacker.read } }
        puts unpacker.read == [1, payload.bytesize, 2], unpacker.read == "next"
      end
    RUBY
    "arrays of much, and of many" => <<~'RUBY',
      # Few and long: what is short takes the last memory from Ruby, too, and without any it ends the process.
      texts = ["text" * (MIB / 4)] * 80
      bytes = MessagePack.pack(texts)
      unpacker = MessagePack::Unpacker.new.feed(bytes).feed("\xA4next")
      many = [0xdd, 30_000_000].pack("CN") + ("\x07".b * 30_000_000)
      LIMITS.each do |more|
        fails(more) { unpacker.read }
        fails(more) { MessagePack.unpack(bytes) }
        fails(more) { MessagePack.unpack(many) }
      end
      puts unpacker.read == texts, unpacker.read == "next", MessagePack.unpack(bytes) == texts
      puts MessagePack.unpack(many).tally == { 7 => 30_000_000 }
    RUBY
    "nesting of any depth" => <<~'RUBY',
      depth = 3_000_000
      bytes = ("\x91".b * depth) + "\x05".b
      count = ->(object) { [object.is_a?(Array), (levels = 0; levels += 1 while (object = object[0]).is_a?(Array); levels)] }
      unpacker = MessagePack::Unpacker.new(max_depth: depth)
      [1.6, 4.3, 11].each do |more|
        unpacker.feed(bytes).feed("\x07")
        2.times { fails(more) { unpacker.skip } }
        unpacker.skip
        puts unpacker.read == 7
        unpacker.feed(bytes).feed("\x07")
        2.times { fails(more) { unpacker.read } }
        puts count[unpacker.read] == [true, depth - 1], unpacker.read == 7
        around = "\x92".b + bytes + "\x07".b
        fails(more) { MessagePack.dig(around, 1, max_depth: depth + 1) }
        puts MessagePack.dig(around, 1, max_depth: depth + 1) == 7
        packer = MessagePack::Packer.new(max_depth: depth).write(1)
        fails(more) { packer.write_packed(bytes) }
        puts packer.to_s == "\x01"
      end
    RUBY
    "an Unpacker, fed until nothing is left" => <<~'RUBY',
      piece = "\x93\x01\xA3abc\xC0".b * 200
      LIMITS.each do |more|
        unpacker = MessagePack::Unpacker.new
        count = until_nothing_is_left(more) { unpacker.feed(piece) }
        puts unpacker.buffer.size == count * piece.bytesize
        unpacker.feed("\xA4next")
        read = unpacker.each.tally
        puts read == { [1, "abc", nil] => count * 200, "next" => 1 }
      end
    RUBY
    "a Buffer" => <<~'RUBY',
      piece = "some bytes" * 300
      LIMITS.each do |more|
        buffer = MessagePack::Buffer.new
        count = until_nothing_is_left(more) { buffer.write(piece) }
        count += until_nothing_is_left(more) { buffer << piece }
        puts buffer.size == count * piece.bytesize
        buffer << "end"
        puts buffer.read(5) == "some ", buffer.read == (piece * count).byteslice(5..) << "end", buffer.empty?
      end
    RUBY
    "a Buffer that is read" => <<~'RUBY',
      buffer = MessagePack::Buffer.new
      32.times { |n| buffer << (n.chr * MIB) }
      LIMITS.each do |more|
        fails(more) { buffer.read(30 * MIB) }
        fails(more) { buffer.read_all(30 * MIB) }
        fails(more) { buffer.read }
        fails(more) { buffer.to_s }
        fails(more) { buffer.to_a }
      end
      puts buffer.size == 32 * MIB, buffer.read_all(30 * MIB) == (0...30).map { |n| n.chr * MIB }.join
      puts buffer.to_a.map { |part| part[0].ord }.uniq == [30, 31]
    RUBY
    "a Packer, written to until nothing is left" => <<~'RUBY',
      object = [1, -5000, 2.5, nil, true, "some text", { "key" => [1, 2], symbol: "x" * 50 }]
      one = MessagePack.pack(object)
      LIMITS.each do |more|
        packer = MessagePack::Packer.new
        count = until_nothing_is_left(more) { packer.write(object) }
        puts packer.size == count * one.bytesize
        packer.write(nil)
        puts packer.to_s == (one * count) + "\xC0".b
      end
    RUBY
    "a Packer, with every kind of write" => <<~'RUBY',
      text = "t" * 3000
      {
        integers: ->(packer) { packer.write(70_000) }, nils: ->(packer) { packer.write_nil },
        floats: ->(packer) { packer.write_float(1.5) }, symbols: ->(packer) { packer.write_symbol(:symbol) },
        texts: ->(packer) { packer.write(text) }, binaries: ->(packer) { packer.write_bin(text) },
        long: ->(packer) { packer.write(text * 20) }, headers: ->(packer) { packer.write_array_header(70_000) },
        extended: ->(packer) { packer.write_ext(5, text) }, packed: ->(packer) { packer.write_packed("\x91\x05") }
      }.each_value do |write|
        one = write.call(MessagePack::Packer.new).to_s
        packer = MessagePack::Packer.new
        count = until_nothing_is_left(1.6) { write.call(packer) }
        packer.write(nil)
        puts packer.to_s == (one * count) + "\xC0".b
      end
    RUBY
    "a header with bytes behind it" => <<~'RUBY',
      LIMITS.each do |more|
        packer = MessagePack::Packer.new.write_bin_header(50 * MIB)
        count = until_nothing_is_left(more) { packer.buffer << ("b" * 5000) }
        packer.buffer << ("b" * ((50 * MIB) - (count * 5000)))
        puts packer.size == (50 * MIB) + 5, MessagePack.unpack(packer.to_s).count("b") == 50 * MIB
      end
    RUBY
    "a Packer, which takes back the object that it was in" => <<~'RUBY',
      many = ["text" * 1000] * 40_000
      LIMITS.each do |more|
        packer = MessagePack::Packer.new.write("before")
        fails(more) { packer.write([1, { "many" => many }]) }
        fails(more) { packer.write_array(many) }
        puts packer.to_s == "\xA6before".b
        puts packer.write(many.first(1000)).to_s == "\xA6before".b + MessagePack.pack(many.first(1000))
        fails(more) { MessagePack.pack(many) }
      end
      puts MessagePack.pack(many).count("x") == many.size * 1000
    RUBY
    "a Packer whose io takes nothing for a while" => <<~'RUBY',
      io = Class.new do
        attr_accessor :fails, :taken
        def write(bytes) = fails ? raise(IOError) : (self.taken = (taken || "".b) << bytes).size
      end
      text = "text" * 800
      LIMITS.each do |more|
        sink = io.new.tap { |it| it.fails = true }
        packer, written = MessagePack::Packer.new(sink), 0
        fails(more) do
          loop do
            packer.write(text)
          rescue IOError
            written += 1
          end
        end
        sink.fails = false
        packer.flush
        # A write that is complete stays, though handing it over fails; the last one may not have been.
        one = MessagePack.pack(text)
        puts sink.taken == one * (sink.taken.size / one.size), sink.taken.size / one.size >= written
      end
    RUBY
    "sorted keys" => <<~'RUBY',
      map = (1..200_000).to_h { |n| ["key #{n}" * 3, LARGE.byteslice(0, 300)] }
      sorted = MessagePack.pack(map.sort_by { |key, _| MessagePack.pack(key) }.to_h)
      packer = MessagePack::Packer.new(sort_keys: true).write(1)
      LIMITS.each do |more|
        fails(more) { packer.write([map]) }
        puts packer.to_s == "\x01"
      end
      puts packer.write(map).to_s == "\x01".b + sorted
    RUBY
    "extended types" => <<~'RUBY'
      plain = Struct.new(:bytes)
      nested = Struct.new(:list)
      writing = Struct.new(:count) { def to_msgpack(packer) = count.times { packer.write("y" * 5000) } }
      types = MessagePack::Factory.new
      types.register_type(1, plain, packer: ->(it) { it.bytes }, unpacker: ->(bytes) { bytes })
      types.register_type(2, nested, packer: ->(it, packer) { it.list.each { |value| packer.write(value) } },
                                     unpacker: ->(unpacker) { unpacker.each.to_a }, recursive: true)
      LIMITS.each do |more|
        packer = types.packer.write(1)
        [plain.new(LARGE), nested.new(["s" * 5000] * 30_000), nested.new([nested.new(["s" * 500] * 300_000)])].each do |value|
          fails(more) { types.dump(value) }
          fails(more) { packer.write([0, value]) }
          puts packer.to_s == "\x01"
        end
        packer.write(nested.new([2, nested.new([3])]))
        puts types.load(packer.to_s.byteslice(1..)) == [2, [3]]
        fails(more) { MessagePack.pack([writing.new(30_000)]) }
        fails(more) { MessagePack.pack([["s" * 1000] * (more * 1000).to_i, writing.new(30_000)]) }
      end
      puts MessagePack.pack([writing.new(3)]) == "\x91".b + (MessagePack.pack("y" * 5000) * 3)
    RUBY
  }.each do |what, program|
    it "is survived by #{what}" do
      # glibc otherwise keeps what is given back, and more is left than the limit says.
      result = in_subprocess(prelude + program, env: { "MALLOC_MMAP_THRESHOLD_" => "131072" })
      expect(result).to be_success, result.to_s
      expected = program.lines.grep(/^\s*(\d\.times \{ )?puts /).size
      expect(result.stdout.split.uniq).to eq(["true"]), result.to_s
      expect(result.stdout.split.size).to be >= expected
    end
  end
end
