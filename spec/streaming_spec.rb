# frozen_string_literal: true

require "socket"
require "tempfile"
require "timeout"
require "zlib"

# The programs of the post about streaming, and streams over what a program really has: sockets, pipes, files.
RSpec.describe "Streaming" do
  # A read that waits for what never comes would hold the run for good; nothing here is about how long it takes.
  around { |example| Timeout.timeout(60) { example.run } }

  let(:data) { ["hello", 11, 2.3] }
  let(:ext) { MessagePack::ExtType }

  describe "the post's programs" do
    it "packs values one by one and gets them back by iterating" do
      file = StringIO.new("".b)
      packer = MessagePack::Packer.new
      3.times { file.write(packer.pack(data).full_pack) }
      unpacker = MessagePack::Unpacker.new(StringIO.new(file.string))

      expect(unpacker.map { |value| value }).to eq([data] * 3)
    end

    it "writes straight into what quacks like a file" do
      file = StringIO.new("".b)
      packer = MessagePack::Packer.new(file)
      3.times { packer.write(data) }
      packer.flush
      file.rewind

      expect(MessagePack::Unpacker.new(file).to_a).to eq([data] * 3)
    end

    it "feeds each byte of a real socket, and unpacks whatever it can" do
      server = TCPServer.new("127.0.0.1", 0)
      sender = Thread.new do
        TCPSocket.open("127.0.0.1", server.addr[1]) do |socket|
          socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
          (MessagePack.pack([0, 1, 2]) * 10).each_char { |byte| socket.write(byte) }
        end
      end
      client = server.accept
      unpacker = MessagePack::Unpacker.new
      values = []
      while (byte = client.read(1))
        unpacker.feed(byte)
        unpacker.each { |value| values << value }
      end

      expect(values).to eq([[0, 1, 2]] * 10)
    ensure
      sender&.join
      [client, server].compact.each(&:close)
    end
  end

  describe "over real sources" do
    let(:objects) do
      [1, "two", [3, nil, [true]], { "four" => 4.5, "é" => -1 }, ext.new(5, "abc"), "x" * 300_000,
       Array.new(5_000) { |number| { "id" => number, "name" => "n#{number}" } }, "end"]
    end
    let(:stream) { objects.map { |object| MessagePack.pack(object) }.join }

    # Each gives the block a source of `bytes` that ends behind them.
    def from_string_io(bytes)
      yield StringIO.new(bytes)
    end

    def from_file(bytes)
      Tempfile.create("stream", binmode: true) do |file|
        file.write(bytes)
        file.rewind
        yield file
      end
    end

    def from_gzip(bytes)
      yield Zlib::GzipReader.new(StringIO.new(Zlib.gzip(bytes)))
    end

    def from_pair(reader, writer, bytes)
      sender = Thread.new do
        writer.write(bytes)
        writer.close
      end
      yield reader
    ensure
      reader.close
      sender.join
    end

    def from_pipe(bytes, &)
      from_pair(*IO.pipe(binmode: true), bytes, &)
    end

    def from_unix_socket(bytes, &)
      from_pair(*UNIXSocket.pair, bytes, &)
    end

    def from_tcp_socket(bytes, &)
      server = TCPServer.new("127.0.0.1", 0)
      writer = TCPSocket.new("127.0.0.1", server.addr[1])
      from_pair(server.accept, writer, bytes, &)
    ensure
      server.close
    end

    %i[string_io file gzip pipe unix_socket tcp_socket].each do |kind|
      describe kind.to_s do
        define_method(:with_source) { |bytes = stream, &block| public_send(:"from_#{kind}", bytes, &block) }

        it "is read object by object to its end" do
          with_source do |source|
            unpacker = MessagePack::Unpacker.new(source)
            expect(Array.new(objects.size) { unpacker.read }).to eq(objects)
            expect_underflow { unpacker.read }
            expect(unpacker.tell).to eq(stream.bytesize)
          end
        end

        it "is read by each to its end" do
          with_source { |source| expect(MessagePack::Unpacker.new(source).to_a).to eq(objects) }
        end

        it "is read by skip and headers" do
          with_source do |source|
            unpacker = MessagePack::Unpacker.new(source)
            2.times { unpacker.skip }
            expect([unpacker.read_array_header, unpacker.read, unpacker.skip_nil]).to eq([3, 3, true])
            2.times { unpacker.skip }
            expect([unpacker.read_map_header, unpacker.read, unpacker.read]).to eq([2, "four", 4.5])
            5.times { unpacker.skip }
            expect(unpacker.to_a).to eq(["end"])
          end
        end

        it "ends in the middle of an object with UnderflowError" do
          with_source(stream.byteslice(0, 20)) do |source|
            unpacker = MessagePack::Unpacker.new(source)
            expect(unpacker.to_a).to eq(objects.first(3))
            expect_underflow { unpacker.read }
            expect(unpacker.feed(stream.byteslice(20..)).to_a).to eq(objects.drop(3))
          end
        end

        it "gives one object to MessagePack.unpack" do
          message = MessagePack.pack(objects)
          with_source(message) { |source| expect(MessagePack.unpack(source)).to eq(objects) }
        end
      end
    end

    it "follows a file that grows behind its end" do
      Tempfile.create("stream", binmode: true) do |file|
        file.sync = true
        File.open(file.path, "rb") do |reader|
          unpacker = MessagePack::Unpacker.new(reader)
          expect_underflow { unpacker.read }
          file.write(stream.byteslice(0, 5))
          expect([unpacker.read, unpacker.read]).to eq([1, "two"])
          expect_underflow { unpacker.read }
          file.write(stream.byteslice(5..))
          expect(unpacker.to_a).to eq(objects.drop(2))
        end
      end
    end
  end

  describe "with the other side still there" do
    it "gives what has come and does not wait for more" do
      ours, theirs = UNIXSocket.pair
      unpacker = MessagePack::Unpacker.new(ours)
      [1, [2, 3], { "a" => "b" }].each do |object|
        theirs.write(MessagePack.pack(object))
        expect(unpacker.read).to eq(object)
      end
      theirs.write(MessagePack.pack([1]))

      expect(MessagePack.unpack(ours)).to eq([1])
    ensure
      ours.close
      theirs.close
    end

    it "answers requests in both directions" do
      ours, theirs = UNIXSocket.pair
      echo = Thread.new do
        requests = MessagePack::Unpacker.new(theirs)
        replies = MessagePack::Packer.new(theirs)
        requests.each { |request| replies.write({ "echo" => request }).flush }
      end
      packer = MessagePack::Packer.new(ours)
      unpacker = MessagePack::Unpacker.new(ours)
      answers = data.map do |object|
        packer.write(object).flush
        unpacker.read
      end

      expect(answers).to eq(data.map { |object| { "echo" => object } })
    ensure
      ours.close
      echo.join
      theirs.close
    end

    it "waits while other threads run" do
      reader, writer = IO.pipe(binmode: true)
      waiting = Thread.new { MessagePack::Unpacker.new(reader).read }
      writer.write(hex("92 01"))
      Thread.pass until waiting.stop?
      writer.write(hex("02"))

      expect(waiting.value).to eq([1, 2])
    ensure
      reader.close
      writer.close
    end
  end
end
