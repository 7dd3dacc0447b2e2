# frozen_string_literal: true

require "stringio"

# max_buffer_size: how many unread bytes are held at most.
RSpec.describe MessagePack::Unpacker, "and max_buffer_size:" do
  let(:unpacker) { described_class.new(max_buffer_size: 4) }
  let(:limit_error) { raise_error(MessagePack::LimitError, /max_buffer_size is 4\b/) }

  describe "feed" do
    it "takes as much, and refuses one byte more" do
      expect(unpacker.feed(hex("93 01 02 03")).read).to eq([1, 2, 3])
      expect { unpacker.feed(hex("94 01 02 03 04")) }.to limit_error
    end

    it "beyond takes nothing, and leaves what was there to be read" do
      unpacker.feed(hex("92 01"))
      expect { unpacker.feed(hex("02 03 04")) }.to limit_error
      expect(unpacker.buffer.to_s).to eq(hex("92 01"))
      expect(unpacker.feed(hex("02 07")).to_a).to eq([[1, 2], 7])
    end

    it "counts what is held, not what went through" do
      messages = Array.new(100) { |number| unpacker.feed(hex("93 01 02 #{format("%02x", number)}")).read }
      expect(messages).to eq(Array.new(100) { |number| [1, 2, number] })
      expect(unpacker.tell).to eq(400)
    end

    it "counts no longer what is decoded of an object that is half read" do
      100.times { expect_underflow { unpacker.feed(hex("91 91 91")).read } }
      expect { unpacker.feed(hex("91 91 91 91 91")) }.to limit_error
    end

    it "says how much it would be, and where in the stream it is" do
      unpacker.feed(hex("07 07 01 02")).read
      unpacker.read
      error = error_of { unpacker.feed(hex("03 04 05")) }
      expect(error.message).to match(/\A5 unread bytes where max_buffer_size is 4\b.* 4\z/)
      expect(error.offset).to eq(4)
    end

    it "of nothing passes when it is full" do
      expect(unpacker.feed(hex("01 02 03 04")).feed("").to_a).to eq([1, 2, 3, 4])
    end

    it "of a long string is refused, too, and fits when the limit says so" do
      long = MessagePack.pack("x" * 100_000)
      wide = described_class.new(max_buffer_size: long.bytesize)
      expect(wide.feed(long).read).to eq("x" * 100_000)
      expect { described_class.new(max_buffer_size: long.bytesize - 1).feed(long) }
        .to raise_error(MessagePack::LimitError, /\A100005 unread bytes .* is 100004\b/)
    end

    it "has room again after reset and buffer.clear" do
      [-> { unpacker.reset }, -> { unpacker.buffer.clear }].each do |clear|
        unpacker.feed(hex("93 01 02"))
        expect { unpacker.feed(hex("03 04")) }.to limit_error
        clear.call
        expect(unpacker.feed(hex("93 01 02 03")).read).to eq([1, 2, 3])
      end
    end

    it "by the name of feed_reference, and by feed_each, which yields nothing then" do
      unpacker.feed(hex("07"))
      expect { unpacker.feed_reference(hex("01 02 03 04")) }.to limit_error
      yielded = []
      expect { unpacker.feed_each(hex("01 02 03 04")) { |object| yielded << object } }.to limit_error
      expect { unpacker.feed_each(hex("01 02 03 04")).to_a }.to limit_error
      expect(yielded).to eq([])
      unpacker.feed_each(hex("01 02 03")) { |object| yielded << object }
      expect(yielded).to eq([7, 1, 2, 3])
    end

    it "in a handler is measured by what is held there" do
      fed = []
      unpacker.register_exttype(5) do |_type, data|
        fed << error_of { unpacker.feed("x" * 4) }
        data
      end
      expect(unpacker.feed(hex("d4 05 61 07")).to_a).to eq(["a", 7])
      expect(fed).to contain_exactly(an_instance_of(MessagePack::LimitError))
    end

    it "may be 0: nothing passes" do
      none = described_class.new(max_buffer_size: 0)
      expect { none.feed("\x01") }.to raise_error(MessagePack::LimitError, /is 0\b/)
      expect_underflow { none.read }
    end

    it "takes what buffer.write has brought into account" do
      unpacker.buffer.write(hex("95 01 02 03 04"))
      expect { unpacker.feed(hex("05")) }.to limit_error
      expect_underflow { unpacker.read }
      expect(unpacker.feed(hex("05")).read).to eq([1, 2, 3, 4, 5])
    end
  end

  describe "of one source" do
    ways = {
      "MessagePack.unpack" => ->(source, **options) { MessagePack.unpack(source, options) },
      "MessagePack.load" => ->(source, **options) { MessagePack.load(source, options) },
      "Factory#load" => ->(source, **options) { MessagePack::Factory.new.load(source, options) },
      "Pool#load" => ->(source, **options) { MessagePack::Factory.new.pool(1, **options).load(source) }
    }
    ways.each do |way, load|
      it "is compared with the whole of it: #{way}" do
        convertible = Struct.new(:to_str)
        [:itself.to_proc, ->(bytes) { convertible.new(bytes) }].each do |make|
          expect(load.call(make.call(hex("93 01 02 03")), max_buffer_size: 4)).to eq([1, 2, 3])
          error = error_of { load.call(make.call(hex("94 01 02 03 04")), max_buffer_size: 4) }
          expect(error).to be_an_instance_of(MessagePack::LimitError)
          expect([error.message, error.offset]).to match([/\A5 unread bytes where max_buffer_size is 4\b/, 0])
        end
      end

      it "does not look into bytes that are too many: #{way}" do
        expect { load.call(hex("c1 c1 c1 c1 c1"), max_buffer_size: 4) }.to limit_error
      end

      it "bounds what is held of an io: #{way}" do
        expect(load.call(StringIO.new(MessagePack.pack([*1..100])), max_buffer_size: 4)).to eq([*1..100])
        expect(load.call(StringIO.new(MessagePack.pack("abc")), max_buffer_size: 4)).to eq("abc")
        expect { load.call(StringIO.new(MessagePack.pack("abcd" * 20)), max_buffer_size: 4) }.to limit_error
      end
    end
  end

  describe "of an io" do
    def reading(io) = described_class.new(io, max_buffer_size: 4)

    it "asks for no more than fits" do
      io = ScriptedIO.new(hex("93"), hex("01 a3"), hex("61"), hex("62 63"), hex("02"))
      expect(reading(io).read).to eq([1, "abc", 2])
      expect(io.calls).to eq([[4], [4], [4], [3], [4]])
    end

    it "stops when a value does not fit, having read no further" do
      io = StringIO.new(hex("92 01 a5 61 62 63 64 65 07"))
      error = error_of { reading(io).read }
      expect([error.class, error.offset]).to eq([MessagePack::LimitError, 7])
      expect(error.message).to match(/max_buffer_size is 4\b/)
      expect(io.pos).to eq(7)
    end

    it "keeps what an io gives beyond what it was asked for" do
      io = ScriptedIO.new(hex("93 01 02 03 04 05 06 07"))
      unpacker = reading(io)
      expect(unpacker.read).to eq([1, 2, 3])
      expect(unpacker.buffer.size).to eq(4)
      expect(Array.new(4) { unpacker.read }).to eq([4, 5, 6, 7])
      expect(io.calls).to eq([[4]])
    end

    it "lets skip pass what read does not" do
      message = hex("92 a5 61 62 63 64 65 01 07")
      unpacker = reading(StringIO.new(message))
      expect(unpacker.skip).to be_nil
      expect(unpacker.read).to eq(7)
    end

    it "skips the rest of the object that did not fit" do
      unpacker = reading(StringIO.new(hex("92 a5 61 62 63 64 65 01 07")))
      expect { unpacker.read }.to limit_error
      expect(unpacker.read).to eq(7)
    end

    it "is what each reads by, too" do
      io = StringIO.new(MessagePack.pack([*1..50]) * 3)
      expect(reading(io).to_a).to eq([[*1..50]] * 3)
      expect { reading(StringIO.new(MessagePack.pack("x" * 50))).to_a }.to limit_error
    end

    it "holds for Factory#unpacker, and for the members of a Pool" do
      factory = MessagePack::Factory.new
      long = MessagePack.pack("abcde")
      expect { factory.unpacker(StringIO.new(long), max_buffer_size: 4).read }.to limit_error
      expect { factory.unpacker(max_buffer_size: 4).feed(long) }.to limit_error
      pool = factory.pool(1, max_buffer_size: 4)
      2.times { expect { pool.unpacker { |unpacker| unpacker.feed(long) } }.to limit_error }
      expect(pool.unpacker { |unpacker| unpacker.feed(hex("01 02 03 04")).to_a }).to eq([1, 2, 3, 4])
    end
  end
end
