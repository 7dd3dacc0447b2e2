# frozen_string_literal: true

# An Unpacker's io may be any object with readpartial or read, and may behave in any way.
RSpec.describe MessagePack::Unpacker, "with odd sources" do
  let(:message) { hex("93 01 a2 61 62 81 a1 6b cd 01 00") }
  let(:value) { [1, "ab", { "k" => 256 }] }

  # @return [Array<String>] the message's bytes, each a String of its own
  def single_bytes
    message.each_char.to_a
  end

  { ScriptedIO => :readpartial, ScriptedReadOnlyIO => :read }.each do |source_class, method|
    describe "that know #{method} alone" do
      it "calls it with the length alone" do
        source = source_class.new(message)
        described_class.new(source).read

        expect(source.calls).to all(match([be_a(Integer).and(be_positive)]))
        expect(source.calls).not_to be_empty
      end

      it "reads one byte at a time" do
        expect(described_class.new(source_class.new(*single_bytes)).read).to eq(value)
        expect(described_class.new(source_class.new(*single_bytes, *single_bytes)).to_a).to eq([value] * 2)
        expect(MessagePack.unpack(source_class.new(*single_bytes))).to eq(value)
      end

      it "takes more bytes than it asked for" do
        source = source_class.new(message + bytes(0xc6, [1_000_000].pack("N"), "x" * 1_000_000) + hex("07"))

        expect(described_class.new(source).to_a).to eq([value, "x" * 1_000_000, 7])
      end

      it "raises UnderflowError at the end, and asks again at the next call" do
        source = source_class.new(message.byteslice(0, 4))
        unpacker = described_class.new(source)
        2.times { expect_underflow { unpacker.read } }
        source.then(message.byteslice(4..), hex("07"))

        expect([unpacker.read, unpacker.read]).to eq([value, 7])
      end

      [nil, ""].each do |nothing|
        describe "and give #{nothing.inspect}" do
          it "takes it for nothing now, and asks again at the next call" do
            source = source_class.new(hex("93 01"), nothing && +nothing, hex("02"), nothing && +nothing, hex("03 07"))
            unpacker = described_class.new(source)
            2.times { expect_underflow { unpacker.read } }

            expect(unpacker.read).to eq([1, 2, 3])
            expect(unpacker.read).to eq(7)
          end

          it "does not ask twice in one call" do
            source = source_class.new(nothing && +nothing, message)
            unpacker = described_class.new(source)

            expect_underflow { unpacker.read }
            expect(source.calls.size).to eq(1)
            expect(unpacker.read).to eq(value)
          end

          it "lets each end, and go on when it is called again" do
            source = source_class.new(hex("01 92"), nothing && +nothing, hex("02 03 04"))
            unpacker = described_class.new(source)

            expect([unpacker.to_a, unpacker.to_a]).to eq([[1], [[2, 3], 4]])
          end
        end
      end

      it "lets an error of the source out untouched, loses nothing and resumes", :aggregate_failures do
        0.upto(message.bytesize - 1) do |cut|
          mine = Class.new(StandardError).new("mine")
          before = cut.zero? ? [] : [message.byteslice(0, cut)]
          source = source_class.new(*before, mine, message.byteslice(cut..))
          unpacker = described_class.new(source)

          expect(error_of { unpacker.read }).to equal(mine)
          expect(unpacker.read).to eq(value)
          expect(unpacker.tell).to eq(message.bytesize)
        end
      end

      it "does so in each, skip, headers and full_unpack" do
        { to_a: [value], skip: nil, full_unpack: value }.each do |call, result|
          mine = IOError.new("mine")
          unpacker = described_class.new(source_class.new(message.byteslice(0, 7), mine, message.byteslice(7..)))

          expect(error_of { unpacker.public_send(call) }).to equal(mine)
          expect(unpacker.public_send(call)).to eq(result)
        end
        unpacker = described_class.new(source_class.new(hex("dc 01"), IOError.new("mine"), hex("02")))
        expect { unpacker.read_array_header }.to raise_error(IOError, "mine")
        expect(unpacker.read_array_header).to eq(258)
      end

      it "takes an EOFError in the middle for the end, and more behind it for more" do
        source = source_class.new(hex("93 01"), EOFError.new("over"), hex("02 03 07"))
        unpacker = described_class.new(source)

        expect_underflow { unpacker.read }
        expect([unpacker.read, unpacker.read]).to eq([[1, 2, 3], 7])
      end

      it "lets each end at an EOFError" do
        source = source_class.new(hex("01 92"), EOFError.new("over"), hex("02 03"))
        unpacker = described_class.new(source)

        expect(unpacker.to_a).to eq([1])
        expect(unpacker.to_a).to eq([[2, 3]])
      end

      it "reads no further than it must for an object that is there" do
        unexpected = -> { raise "asked for more than the object needs" }
        source = source_class.new(message + hex("07"), unexpected)
        unpacker = described_class.new(source)

        expect([unpacker.read, unpacker.read]).to eq([value, 7])
      end

      it "takes Strings of any encoding tag, frozen ones too" do
        pieces = [message.byteslice(0, 4).force_encoding("UTF-8").freeze,
                  message.byteslice(4..).force_encoding("UTF-16LE")]

        expect(described_class.new(source_class.new(*pieces)).read).to eq(value)
      end

      it "is not concerned by a source that uses one String again and again" do
        shared = +""
        steps = message.scan(/.{1,3}/mn).map { |piece| -> { shared.replace(piece) } }
        big = bytes(0xc6, [600_000].pack("N"), "x" * 600_000)
        steps << -> { shared.replace(big) } << -> { shared.replace(hex("07")) }

        expect(described_class.new(source_class.new(*steps)).to_a).to eq([value, "x" * 600_000, 7])
      end

      it "refuses what is no String" do
        unpacker = described_class.new(source_class.new(42, message))

        expect { unpacker.read }.to raise_error(TypeError)
      end

      it "lets a throw out and resumes" do
        source = source_class.new(hex("93 01"), -> { throw :out, :thrown }, hex("02 03"))
        unpacker = described_class.new(source)

        expect(catch(:out) { unpacker.read }).to eq(:thrown)
        expect(unpacker.read).to eq([1, 2, 3])
      end

      it "reads first what was fed" do
        source = source_class.new(hex("03 07"))
        unpacker = described_class.new(source).feed(hex("93 01 02"))

        expect(unpacker.to_a).to eq([[1, 2, 3], 7])
      end

      it "keeps a large object's pieces in order" do
        body = Random.new(7).bytes(300_000)
        pieces = bytes(0xc6, [body.bytesize].pack("N"), body).scan(/.{1,4099}/mn)

        expect(described_class.new(source_class.new(*pieces)).read).to eq(body)
      end
    end
  end

  it "prefers readpartial where there is both" do
    both = Class.new(ScriptedIO) { def read(*) = raise("read was called") }

    expect(described_class.new(both.new(message)).read).to eq(value)
  end

  it "keeps its source alive" do
    unpacker = described_class.new(StringIO.new(message))
    GC.start

    expect(unpacker.read).to eq(value)
  end

  it "gives the source with buffer.io" do
    source = StringIO.new(message)

    expect(described_class.new(source).buffer.io).to equal(source)
    expect(described_class.new.buffer.io).to be_nil
  end

  it "forgets with reset what it has read, not the source" do
    unpacker = described_class.new(ScriptedIO.new(hex("93 01"), nil, hex("07")))
    expect_underflow { unpacker.read }
    unpacker.reset

    expect(unpacker.read).to eq(7)
  end
end
