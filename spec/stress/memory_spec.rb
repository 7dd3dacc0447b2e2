# frozen_string_literal: true

# Memory, counted and not timed, in processes of their own.
RSpec.describe "Memory", :slow do
  mebibyte = 1024 * 1024

  # Few enough kinds in each group that one of them alone, losing the smallest piece that malloc gives (32 bytes) at
  # each of its calls, takes more than the 4 MiB allowed: a million calls / 7 * 32 bytes = 4.4 MiB.
  describe "after a million failing calls" do
    failing = {
      "of unpack and read" => <<~'RUBY',
        TEXT = MessagePack.pack({ "text" => "x" * 40, "list" => [1, 2] }).freeze
        HALF = TEXT.byteslice(0, 30).freeze
        DEEP = ("\x91".b * 40).freeze
        stream = MessagePack::Unpacker.new
        KINDS = {
          cut: -> { MessagePack.unpack(HALF) },
          never_used: -> { MessagePack.unpack("\x92\xa1x\xc1") },
          left_over: -> { MessagePack.unpack("\x91\xa1x\x01") },
          limit: -> { MessagePack.unpack(TEXT, max_str_len: 20) },
          depth: -> { MessagePack.unpack(DEEP, max_depth: 30) },
          stream: -> { begin stream.feed(HALF).read ensure stream.reset end },
          made_for_it: -> { MessagePack::Unpacker.new(max_buffer_size: 10).feed(TEXT) }
        }
      RUBY
      "of pack and write" => <<~'RUBY',
        UNKNOWN = BasicObject.new
        IN_A_TREE = { "users" => [1, { "owner" => ["x" * 30, Class.new.new] }] }.freeze
        BIG = [[2**70]].freeze
        CYCLE = [].tap { |array| array << [array] }
        BROKEN = ["x" * 40, Class.new { def to_msgpack(packer) = packer.write("begun") && raise(IOError) }.new].freeze
        REFUSED = Class.new
        packer = MessagePack::Packer.new
        packer.register_exttype(REFUSED, 1) { "x" * 40 and 7 }
        KINDS = {
          in_a_tree: -> { MessagePack.pack(IN_A_TREE) },
          too_big: -> { MessagePack.pack(BIG) },
          cycle: -> { MessagePack.pack(CYCLE, max_depth: 20) },
          broken: -> { MessagePack.pack(BROKEN) },
          write: -> { packer.write(BROKEN) },
          payload: -> { packer.write([REFUSED.new]) },
          made_for_it: -> { MessagePack::Packer.new.write(IN_A_TREE) }
        }
      RUBY
      "of handlers and Factory" => <<~'RUBY'
        Box = Struct.new(:value)
        Bad = Struct.new(:value)
        factory = MessagePack::Factory.new
        factory.register_type(1, Box, packer: ->(box, child) { child.write(box.value) },
                                      unpacker: ->(child) { Box.new(child.read) }, recursive: true)
        factory.register_type(2, Bad, packer: ->(_) { raise IOError }, unpacker: ->(_) { raise IOError })
        REGISTER = MessagePack::Factory.new.freeze
        pool = factory.pool(1)
        unpacker = factory.unpacker
        GOOD = factory.dump([Box.new(["x" * 40])]).freeze
        CUT = "\x92\xc7\x03\x01\x92\x01\xa4".b.freeze
        FAILING = "\x91\xd5\x01\xd4\x02\x00".b.sub("\xd5\x01".b, "\xc7\x03\x01".b).freeze
        KINDS = {
          handler: -> { factory.load(FAILING) },
          cut_payload: -> { factory.load(CUT) },
          packer: -> { factory.dump([Box.new(["x" * 40, Bad.new])]) },
          pool: -> { pool.load(FAILING) },
          pool_dump: -> { pool.dump(Bad.new) },
          unpacker: -> { unpacker.feed(FAILING).read },
          frozen: -> { REGISTER.register_type(1, Box) }
        }
      RUBY
    }

    failing.each do |what, kinds|
      it "#{what}, RSS is within 4 MiB of where it was" do
        reports = reports_of(<<~RUBY)
          #{kinds}
          def fail_in_turn(calls)
            calls.times do
              yield
              abort "it did not fail"
            rescue StandardError
              next
            end
          end
          def round(calls) = KINDS.each_value { |kind| fail_in_turn(calls / KINDS.size, &kind) }

          KINDS.each do |name, kind|
            report(name, kind.call ? 0 : 0)
          rescue StandardError
            report(name, 1)
          end
          round(100_000)
          before = resident
          10.times { round(100_000) }
          report("grown", resident - before)
        RUBY
        grown = reports.delete("grown").first
        expect(reports.values).to eq([[1]] * 7)
        expect(grown.abs).to be < 4 * mebibyte
      end
    end
  end

  describe "for what a header only announces" do
    headers = {
      "str 32" => "db ff ff ff ff", "bin 32" => "c6 ff ff ff ff", "ext 32" => "c9 ff ff ff ff 05",
      "recursive ext 32" => "c9 ff ff ff ff 01", "array 32" => "dd ff ff ff ff", "map 32" => "df ff ff ff ff"
    }
    bombs = headers.merge(
      "str 32 as a key" => "81 db ff ff ff ff", "arrays in arrays" => "dd ff ff ff ff" * 499,
      "maps in maps" => "df ff ff ff ff 01" * 499, "maps as keys" => "df ff ff ff ff" * 499,
      "arrays of begun arrays" => "dd ff ff ff ff 01 02 03" * 499,
      "an ext in arrays" => "#{"dd ff ff ff ff" * 400} c9 ff ff ff ff 01",
      "a bomb in a payload" => "c7 05 01 dd ff ff ff ff", "a str in a payload" => "c7 05 01 db ff ff ff ff"
    )
    ways = %w[unpack symbolize freeze io_unpack load read full_unpack each io skip io_skip skip_nil header in_pieces]

    bombs.each do |name, digits|
      it "the peak rises by less than 1 MiB: #{name}" do
        reports = reports_of(<<~RUBY)
          BOMB = ["#{digits.delete(" ")}"].pack("H*").freeze
          Box = Struct.new(:value)
          factory = MessagePack::Factory.new
          factory.register_type(1, Box, packer: nil, unpacker: ->(child) { Box.new(child.read) }, recursive: true)
          fed = ->(bytes) { factory.unpacker.feed(bytes) }
          of_io = ->(bytes) { factory.unpacker(StringIO.new(bytes)) }
          header = ->(unpacker) { BOMB[0] == "\\xDF".b ? unpacker.read_map_header : unpacker.read_array_header }
          WAYS = {
            unpack: ->(bytes) { MessagePack.unpack(bytes) },
            symbolize: ->(bytes) { MessagePack.unpack(bytes, symbolize_keys: true) },
            freeze: ->(bytes) { MessagePack.unpack(bytes, freeze: true) },
            io_unpack: ->(bytes) { MessagePack.unpack(StringIO.new(bytes)) },
            load: ->(bytes) { factory.load(bytes) },
            read: ->(bytes) { fed.call(bytes).read }, full_unpack: ->(bytes) { fed.call(bytes).full_unpack },
            each: ->(bytes) { fed.call(bytes).each {} },
            io: ->(bytes) { of_io.call(bytes).read },
            skip: ->(bytes) { fed.call(bytes).skip }, io_skip: ->(bytes) { of_io.call(bytes).skip },
            skip_nil: ->(bytes) { fed.call(bytes).skip_nil },
            header: ->(bytes) { fed.call(bytes).then { |unpacker| header.call(unpacker) && unpacker.read } },
            in_pieces: lambda do |bytes|
              unpacker = factory.unpacker
              bytes.scan(/.{1,#{(digits.delete(" ").size / 40) + 1}}/mn) { |cut| unpacker.feed(cut).read rescue EOFError }
            end
          }
          # Whatever is loaded or kept from the first call on.
          WAYS.each_value { |way| way.call("\\x92\\xc7\\x03\\x01\\x91\\xa1".b) rescue StandardError }
          WAYS.each { |name, way| report(name, peak { way.call(BOMB) rescue StandardError }) }
        RUBY
        expect(reports.keys).to eq(ways)
        expect(reports.select { |_, (rise)| rise >= mebibyte }).to eq({})
      end
    end
  end

  describe "while 100 MB go through one Unpacker in pieces of 4 KiB" do
    messages = {
      "small messages" => '[1, "text", { "key" => 1.5, "id" => 77 }, nil] * 4',
      "strings of 300 KB" => '["x" * 300_000, 1]',
      "binaries of 300 KB in maps" => '{ "a" => ("x" * 300_000).b, "b" => { "c" => "y" * 100_000 } }',
      "arrays of 20,000 values" => 'Array.new(20_000) { |number| number.odd? ? "t" : number }'
    }
    ways = {
      "fed" => <<~'RUBY',
        unpacker = MessagePack::Unpacker.new
        pieces do |piece|
          unpacker.feed(piece).each { |object| seen.call(object) }
          watch.call(unpacker)
        end
      RUBY
      "with feed_each" => <<~'RUBY',
        unpacker = MessagePack::Unpacker.new
        pieces do |piece|
          unpacker.feed_each(piece) { |object| seen.call(object) }
          watch.call(unpacker)
        end
      RUBY
      "from an io" => <<~'RUBY'
        source = Enumerator.new { |out| pieces { |piece| out << piece } }
        io = Object.new
        unpacker = nil
        io.define_singleton_method(:readpartial) do |_size|
          watch.call(unpacker)
          source.next
        rescue StopIteration
          raise EOFError
        end
        unpacker = MessagePack::Unpacker.new(io)
        unpacker.each { |object| seen.call(object) }
      RUBY
    }

    ways.each do |how, loop|
      messages.each do |what, message|
        it "#{how}, it holds a message and 1 MiB at most, and RSS stays: #{what}" do
          reports = reports_of(<<~RUBY)
            MESSAGE = #{message}
            BYTES = MessagePack.pack(MESSAGE).freeze
            COUNT = 100_000_000 / BYTES.bytesize
            SOURCE = (BYTES * (8192 / BYTES.bytesize + 2)).freeze
            largest = passed = count = 0
            middle = nil
            at = 0
            define_method(:pieces) do |&block|
              while passed < COUNT * BYTES.bytesize
                size = [4096, COUNT * BYTES.bytesize - passed].min
                piece = SOURCE.byteslice(at, size)
                at = (at + size) % BYTES.bytesize
                passed += size
                block.call(piece)
              end
            end
            seen = lambda do |object|
              count += 1
              raise "another one" unless count % 50 > 0 || object == MESSAGE
            end
            # Often, or it would be Ruby's pace of collecting that is measured.
            watch = lambda do |unpacker|
              GC.start if passed % (512 * 4096) < 4096
              size = memsize(unpacker)
              largest = size if size > largest
              middle ||= resident if passed > 50_000_000
            end
            #{loop}
            report("count", count, COUNT)
            report("message", BYTES.bytesize)
            report("largest", largest)
            report("grown", resident - middle)
          RUBY
          read, sent = reports.fetch("count")
          expect(read).to eq(sent)
          expect(reports.fetch("largest").first).to be < reports.fetch("message").first + mebibyte
          expect(reports.fetch("grown").first).to be < 4 * mebibyte
        end
      end
    end
  end
end
