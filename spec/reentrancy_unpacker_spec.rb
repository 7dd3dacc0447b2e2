# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker, "entered again while a handler runs" do
  subject(:unpacker) { described_class.new }

  # Registers a handler of type 5 that runs the block, once for each object, and gives the data.
  def on_ext(&block)
    unpacker.register_exttype(5) do |_type, data|
      block.call
      data
    end
  end

  describe "by the handler itself" do
    it "takes more input; what is fed is read after what was there" do
      on_ext { unpacker.feed(hex("08")) }

      expect(unpacker.feed(hex("92 d4 05 aa 02 07")).to_a).to eq([["\xAA".b, 2], 7, 8])
    end

    it "takes the rest of the very object that is being read" do
      on_ext { unpacker.feed(hex("a2 61 62 91 03")) }

      expect(unpacker.feed(hex("93 d4 05 aa")).read).to eq(["\xAA".b, "ab", [3]])
    end

    it "takes so much input that every buffer has to move" do
      big = bytes(0xc6, [1_000_000].pack("N"), "x" * 1_000_000)
      on_ext { 3.times { unpacker.feed(big) } }
      list = unpacker.feed(hex("dc 00 05 d4 05 aa a3 61 62 63")).read

      expect(list).to eq(["\xAA".b, "abc", *(["x" * 1_000_000] * 3)])
    end

    it "tells the place behind the extended type, and what is unread" do
      seen = []
      on_ext { seen << [unpacker.tell, unpacker.buffer.size] }
      unpacker.feed(hex("93 01 d4 05 aa 81 02 d4 05 bb 07")).read

      expect(seen).to eq([[5, 6], [10, 1]])
    end

    UnpackerHelpers::CONSUMING_CALLS.each do |name, call|
      it "refuses #{name} with a RuntimeError and is not disturbed" do
        errors = []
        on_ext { errors << error_of { call.call(unpacker) } }
        unpacker.feed(hex("93 01 d4 05 aa 02 07 d4 05 bb 08"))

        expect(unpacker.to_a).to eq([[1, "\xAA".b, 2], 7, "\xBB".b, 8])
        expect(errors).to match([be_a(RuntimeError), be_a(RuntimeError)])
      end

      it "lets the RuntimeError of #{name} out when nothing rescues it, and goes on" do
        on_ext { call.call(unpacker) }
        unpacker.feed(hex("93 01 d4 05 aa 02 07"))

        expect { unpacker.read }.to raise_error(RuntimeError)
        expect(unpacker.read).to eq(7)
      end
    end

    it "obeys a reset: the outer call has nothing left" do
      on_ext { unpacker.reset }
      unpacker.feed(hex("93 01 d4 05 aa 02 07"))

      expect_underflow { unpacker.read }
      expect(unpacker.tell).to eq(0)
      expect(unpacker.buffer).to be_empty
      expect(unpacker.feed(hex("92 01 02")).read).to eq([1, 2])
    end

    it "obeys a reset followed by feed: the new bytes belong to the next call" do
      on_ext do
        unpacker.reset
        unpacker.feed(hex("92 03 04"))
      end
      unpacker.feed(hex("92 d4 05 aa 07"))

      expect_underflow { unpacker.read }
      expect(unpacker.read).to eq([3, 4])
    end

    it "obeys a reset in full_unpack" do
      on_ext { unpacker.reset }

      expect_underflow { unpacker.feed(hex("92 d4 05 aa 02")).full_unpack }
      expect(unpacker.feed(hex("07")).full_unpack).to eq(7)
    end

    it "may register and set defaults, for what comes after it" do
      on_ext { unpacker.default_exttype = ->(type, _data) { type } }

      expect(unpacker.feed(hex("93 d4 06 aa d4 05 aa d4 06 aa")).read)
        .to eq([MessagePack::ExtType.new(6, "\xAA".b), "\xAA".b, 6])
    end

    it "may unregister itself" do
      on_ext do
        unpacker.register_exttype(5, nil)
        GC.start
      end

      expect(unpacker.feed(hex("92 d4 05 aa d4 05 bb")).read).to eq(["\xAA".b, MessagePack::ExtType.new(5, "\xBB".b)])
    end

    it "may use other unpackers and the module functions" do
      inner = nil
      on_ext { inner = [MessagePack.unpack(hex("91 01")), described_class.new.feed(hex("a1 61 c0")).to_a] }

      expect(unpacker.feed(hex("82 a1 61 d4 05 aa a1 62 91 07")).read).to eq("a" => "\xAA".b, "b" => [7])
      expect(inner).to eq([[1], ["a", nil]])
    end

    it "may leave by throw, raise and a fiber's switch, again and again" do
      ways = [-> { throw :out }, -> { raise IOError }]
      on_ext { ways.rotate!.first.call }
      50.times do
        unpacker.feed(hex("93 01 81 a1 61 d4 05 aa 02"))
        catch(:out) { unpacker.read }
      rescue IOError
        next
      end

      expect(unpacker.feed(hex("07")).read).to eq(7)
    end
  end

  describe "by another thread" do
    # Runs the block while a thread is inside the handler of `message`; gives what that thread's call gave.
    def while_handler_runs(message, reading = ->(it) { it.read })
      inside = Queue.new
      leave = Queue.new
      on_ext { inside.push(true) && leave.pop }
      reader = Thread.new { reading.call(unpacker.feed(message)) }
      reader.report_on_exception = false
      inside.pop
      begin
        yield reader
      ensure
        leave.push(true)
      end
      reader.value
    end

    UnpackerHelpers::CONSUMING_CALLS.each do |name, call|
      it "refuses #{name}" do
        result = while_handler_runs(hex("92 d4 05 aa 02")) do
          expect { call.call(unpacker) }.to raise_error(RuntimeError)
        end

        expect(result).to eq(["\xAA".b, 2])
      end
    end

    it "takes input, and tells" do
      result = while_handler_runs(hex("93 d4 05 aa 02")) do
        expect([unpacker.tell, unpacker.buffer.size]).to eq([4, 1])
        unpacker.feed(hex("03 07"))
      end

      expect(result).to eq(["\xAA".b, 2, 3])
      expect(unpacker.read).to eq(7)
    end

    it "obeys its reset" do
      expect_underflow { while_handler_runs(hex("92 d4 05 aa 02")) { unpacker.reset } }
      expect(unpacker.feed(hex("07")).read).to eq(7)
    end

    it "is interrupted by its raise, as by a raise of the handler" do
      interruption = Class.new(StandardError)
      unpacker.feed(hex("07")).read

      expect { while_handler_runs(hex("92 d4 05 aa 02 08")) { |reader| reader.raise(interruption) && nil } }
        .to raise_error(interruption)
      expect(unpacker.read).to eq(8)
    end
  end

  describe "by another fiber" do
    before { on_ext { Fiber.yield(:inside) } }

    it "refuses to read, takes input, and ends as if nothing had been" do
      fiber = Fiber.new { unpacker.feed(hex("93 01 d4 05 aa")).read }

      expect(fiber.resume).to eq(:inside)
      expect { unpacker.read }.to raise_error(RuntimeError)
      expect { unpacker.skip }.to raise_error(RuntimeError)
      unpacker.feed(hex("02 07"))
      expect(fiber.resume).to eq([1, "\xAA".b, 2])
      expect(unpacker.read).to eq(7)
    end

    # A handler that lets others run before it gives its data.
    let(:wait) do
      lambda do |_type, data|
        Fiber.yield
        data
      end
    end

    it "keeps several unpackers apart that wait inside their handlers" do
      fibers = Array.new(4) do |number|
        own = described_class.new(default_exttype: wait)
        own.feed(bytes(0x94, number, 0xd4, 5, number, 0xa1, number + 0x61, 0xd4, 5, number + 1))
        Fiber.new { own.read }
      end
      2.times { fibers.each(&:resume) }

      expect(fibers.map(&:resume))
        .to eq([[0, "\x00", "a", "\x01"], [1, "\x01", "b", "\x02"], [2, "\x02", "c", "\x03"], [3, "\x03", "d", "\x04"]])
    end

    it "keeps one-shot calls apart in the same way" do
      fibers = Array.new(3) do |number|
        message = bytes(0x93, number, 0xd4, 5, number, 0xa1, number + 0x61)
        Fiber.new { MessagePack.unpack(message, default_exttype: wait) }
      end
      fibers.each(&:resume)

      expect(fibers.map(&:resume)).to eq([[0, "\x00", "a"], [1, "\x01", "b"], [2, "\x02", "c"]])
    end
  end
end
