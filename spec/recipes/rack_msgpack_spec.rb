# frozen_string_literal: true

require "json"
require "net/http"
require_relative "example_programs"

RSpec.describe "examples/rack_msgpack.rb", :real_world do
  include ExamplePrograms

  before do
    need(%w[rack webrick].all? { |name| Gem::Specification.find_all_by_name(name).any? },
         "ruby-rack and ruby-webrick (bin/setup --real-world)")
    require_relative "../../examples/rack_msgpack"
  end

  let(:packed) { "application/msgpack" }

  def post_headers(type, accept) = { "CONTENT_TYPE" => type, "HTTP_ACCEPT" => accept }.compact

  context "with an app that answers with what it got" do
    let(:limits) { {} }
    # Rack::Lint raises an error when something breaks the rules of Rack.
    let(:client) do
      app = ->(env) { [200, { "x-app" => "here" }, RackMessagePack::Reply.new({ "got" => env["msgpack.body"] })] }
      Rack::MockRequest.new(Rack::Lint.new(RackMessagePack.new(app, **limits)))
    end

    def post(bytes, type: packed, accept: packed)
      client.post("/", post_headers(type, accept).merge(input: bytes))
    end

    # What a refused request is answered with: the status, and the text.
    def refusal(bytes)
      response = post(bytes, accept: nil)
      expect(response["Content-Type"]).to eq(packed)
      expect(response["X-App"]).to be_nil
      [response.status, MessagePack.unpack(response.body).fetch("error")]
    end

    it "unpacks requests and packs responses" do
      value = { "é" => [1, nil, 2.5, "\xFF".b], "list" => (0...2000).to_a }
      response = post(MessagePack.pack(value))
      expect(response.status).to eq(200)
      expect(MessagePack.unpack(response.body)).to eq("got" => value)
      expect(response["Content-Type"]).to eq(packed)
      expect(response["Content-Length"]).to eq(response.body.bytesize.to_s)
      expect(response["Vary"]).to eq("accept")
      expect(response["X-App"]).to eq("here")
    end

    it "knows the other names of the type, and parameters behind them" do
      ["application/x-msgpack", "application/vnd.msgpack", "Application/MsgPack; charset=x"].each do |type|
        expect(MessagePack.unpack(post("\x07", type: type).body)).to eq("got" => 7)
      end
    end

    it "leaves other requests alone" do
      ["application/json", "application/msgpackage", nil].each do |type|
        expect(MessagePack.unpack(post("\xC1", type: type).body)).to eq("got" => nil)
      end
    end

    it "answers in the form that the client accepts" do
      { packed => packed, "application/json" => "application/json", "application/x-msgpack" => "application/x-msgpack",
        "application/msgpack;q=0.5, application/json;q=0.6" => "application/json",
        "application/msgpack;q=0.6, application/json;q=0.5" => packed,
        "text/html, */*;q=0.1" => packed, nil => packed, "image/png" => packed }.each do |accept, type|
        response = post("\x07", accept: accept)
        expect(response["Content-Type"]).to eq(type)
        body = type == "application/json" ? JSON.parse(response.body) : MessagePack.unpack(response.body)
        expect(body).to eq("got" => 7)
      end
    end

    it "answers with JSON to those who know nothing of MessagePack" do
      response = client.get("/", "HTTP_ACCEPT" => "*/*")
      expect(response["Content-Type"]).to eq("application/json")
      expect(response.body).to eq('{"got":null}')
    end

    it "refuses what is not MessagePack with 400, and says where" do
      { "" => "found none", "\xC1" => "at byte 0", "\x92\x01" => "at byte 2", "\x01\x02" => "from byte 1",
        "\xA1\xFF" => "UTF-8", "\x81\x01\x02" => "at byte 1", "\xD4\x05a" => "at byte 0",
        "\x91" * 40 => "at byte 32" }.each do |bytes, text|
        expect(refusal(bytes)).to match([400, include(text)])
      end
    end

    context "with limits of its own" do
      let(:limits) { { max_buffer_size: 100, max_array_len: 3, max_str_len: 10, symbolize_keys: true } }

      it "refuses what is too large with 413, and says what" do
        { MessagePack.pack([1] * 4) => "max_array_len is 3", MessagePack.pack("x" * 11) => "max_str_len is 10",
          "\xDD\xFF\xFF\xFF\xFF" => "4294967295", ("\x90" * 101) => "max_buffer_size" }.each do |bytes, text|
          expect(refusal(bytes)).to match([413, include(text)])
        end
      end

      it "takes what is just within them" do
        value = ["x" * 10, "y" * 9, { "z" => MessagePack.pack("x" * 71) }]
        expect(MessagePack.pack(value).bytesize).to eq(100)
        expect(MessagePack.unpack(post(MessagePack.pack(value)).body)).to eq("got" => value)
      end

      it "reads no more of a request than it has to" do
        body = StringIO.new(MessagePack.pack("x" * 1_000_000).b)
        expect(post(body).status).to eq(413)
        expect(body.pos).to eq(101)
      end
    end

    it "passes other bodies on as they are" do
      app = RackMessagePack.new(->(_) { [404, { "content-type" => "text/plain" }, ["no"]] })
      response = Rack::MockRequest.new(Rack::Lint.new(app)).get("/", "HTTP_ACCEPT" => packed)
      expect([response.status, response["Content-Type"], response.body]).to eq([404, "text/plain", "no"])
    end
  end

  context "with rack_app.ru, in a server" do
    let(:port) do
      server = start(RbConfig.ruby, "-S", "rackup", "--server", "webrick", "--host", "127.0.0.1", "--port", "0",
                     File.join(ExamplePrograms::EXAMPLES, "rack_app.ru"))
      Integer(eventually { server.output[/HTTPServer#start: pid=\d+ port=(\d+)/, 1] })
    end

    def post(bytes)
      Net::HTTP.post(URI("http://127.0.0.1:#{port}/"), bytes, "Content-Type" => packed, "Accept" => packed)
    end

    it "keeps notes" do
      answers = ["milk", "ten €"].map { |text| post(MessagePack.pack({ "text" => text })) }
      expect(answers.map(&:code)).to eq(%w[201 201])
      expect(answers.map { |answer| MessagePack.unpack(answer.body) })
        .to eq([{ "number" => 1, "text" => "milk" }, { "number" => 2, "text" => "ten €" }])
      expect(JSON.parse(Net::HTTP.get(URI("http://127.0.0.1:#{port}/"))).map { |note| note["text"] })
        .to eq(["milk", "ten €"])
    end

    it "refuses what it does not understand" do
      refused = ["\xC1", MessagePack.pack({ "text" => 1 }), MessagePack.pack("x" * 5_000)].map { |bytes| post(bytes) }
      expect(refused.map(&:code)).to eq(%w[400 422 413])
      expect(refused.map { |answer| MessagePack.unpack(answer.body).keys }).to all(eq(["error"]))
    end
  end
end
