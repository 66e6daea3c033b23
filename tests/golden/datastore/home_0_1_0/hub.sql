BEGIN TRANSACTION;
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    time_us INTEGER NOT NULL,
    kind TEXT NOT NULL,
    fields TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;
INSERT INTO "audit" VALUES(1,1796032607658096,'enrolled','{"name":"ada","role":"researcher"}','0000000000000000000000000000000000000000000000000000000000000000','0a46f3158187326ebb8572d79d6cd6a3c07f86459ce993de12dc59c3431623ce','230f6cb752f4d749b5a38480801ac75f1ac07331f163cccbaae761c3aa74db87bb0082e583697f5802289ef701431290898e25c7caa79778ba562aec13006506');
INSERT INTO "audit" VALUES(2,1796032607658355,'enrolled','{"name":"bob","role":"researcher"}','0a46f3158187326ebb8572d79d6cd6a3c07f86459ce993de12dc59c3431623ce','ea6e8d84ca4444dc0fb5efcb11672cb36a312a7529ec11a7fd3e7c03acf794e3','acf366d92048ccad1595e7ca2cd4634d968bef629d94659e4ceb713b1f9ad443382f0e7fd46ab050adebe507a7673edb8273e32fd43ce6723c7210f838b91f0f');
INSERT INTO "audit" VALUES(3,1796032607658440,'enrolled','{"name":"eva","role":"approver"}','ea6e8d84ca4444dc0fb5efcb11672cb36a312a7529ec11a7fd3e7c03acf794e3','e0d3b0a727da9a250abd4f2241fe9e8f5d02da446170f7a428823601ec1e522c','3f163d43997c20ff1fa8da821dfd4aaf73771bb87709208f9b88a5f21dd8bbf29874eee0cd0592345d623fe7105fa0fe2f51b179f51d2624a1fdc91225e43e03');
INSERT INTO "audit" VALUES(4,1796032607658505,'enrolled','{"name":"north","role":"supplier"}','e0d3b0a727da9a250abd4f2241fe9e8f5d02da446170f7a428823601ec1e522c','bebea3e741cb6f226ed02c5958b4593c05a80fa435c42a4b4680161de3705995','cc1cf2e45229588ad58b89fc77e9c4d424a9637d381047e5a08d8aa0e274aa853c61ab80ebf089347f71cfdefb27507c407196373e50d876802aff62714f8602');
INSERT INTO "audit" VALUES(5,1796032607658570,'enrolled','{"name":"s\u00fcdwest","role":"supplier"}','bebea3e741cb6f226ed02c5958b4593c05a80fa435c42a4b4680161de3705995','c038d071aa38fe6f1d27453abcd28fde2fc184d641df16792ad812114928294b','4a5643c2f800b00c94bc181e6ecb51a2520ac130a99e101f991a77ed4b1011c9583ccdede54821648870d4d06b6064910055f9901896c0926dd8e95f0822ce06');
INSERT INTO "audit" VALUES(6,1796032607659198,'round_opened','{"round":0,"study":"s1"}','c038d071aa38fe6f1d27453abcd28fde2fc184d641df16792ad812114928294b','50973a994902cfa7e814139621836990cf37aed8842ecd936d4b57e436f45f98','b750ce2ec2581151f2f74634d72f072eaad0a8aa0fc129d3ac95c482e12b9259c9c55f457e6f78e8ac2779f4523a127e4b60a28b20746bb62739d211d5d34009');
INSERT INTO "audit" VALUES(7,1796032607659396,'round_opened','{"round":0,"study":"s2"}','50973a994902cfa7e814139621836990cf37aed8842ecd936d4b57e436f45f98','3bb69df9580ee4dcfa3c18e7db6a3b9c5d93e8d40f31f36f7585114aca78f721','6b70162612b6af53833e941e22ead817d6c9b3caf438deaf6f9d24448fab71a79874dfeec235c32aaa555c21f66323d76e7df6b36c1fa55be39d6841bbcb2403');
INSERT INTO "audit" VALUES(8,1796032607659860,'released','{"release":"r1","study":"s1"}','3bb69df9580ee4dcfa3c18e7db6a3b9c5d93e8d40f31f36f7585114aca78f721','da0bbdbeaaeb28bb58e6e97c8a4c391c46fca7e4c17c94d932940bf3d526ba16','bc6defa37fe15756ba11689a6210526eb3f77550e16202038120fa8034d657b7289e75e119124ac6e16d2b49eeabb8b958e7f2de62b19ea8b827b9f50e73450c');
INSERT INTO "audit" VALUES(9,1796032607670310,'invited','{"name":"west","role":"supplier"}','da0bbdbeaaeb28bb58e6e97c8a4c391c46fca7e4c17c94d932940bf3d526ba16','c94211d9fb610f1ac7059f7467e7f7cbcb8c9be221b6d8652ef668a0bdff1a5a','c6e9903162db8948068dca9f715b9a1a36397bd35b1acd6cd6b316b6dd4d4df805c0eaa9d53437ff9fd6b1078cd61010bf12b9f2a03b23faeefc3f202c38880f');
INSERT INTO "audit" VALUES(10,1796032607671021,'invited','{"name":"west","role":"supplier"}','c94211d9fb610f1ac7059f7467e7f7cbcb8c9be221b6d8652ef668a0bdff1a5a','bc11f170a67bd2ccf940763e36b32f4ac5769b78328a49b6b0796887dd9c16e2','0dc4648d2cc08ec4d2b7c107054d1cb2fbad4625206ac6299867569bffa5c88d976973bcd868e946a9dac52c43f351a536424f54b0f57e27befdc07048d73a00');
CREATE TABLE certificates (
    fingerprint TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    pem BLOB NOT NULL,
    not_after_us INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO "certificates" VALUES('cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd','north',X'2D2D2D2D2D424547494E2043455254494649434154452D2D2D2D2D0A',1800000000000000,0);
CREATE TABLE drafts (
    study_id TEXT PRIMARY KEY REFERENCES studies (id),
    release_id TEXT NOT NULL UNIQUE,
    files TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    gate TEXT NOT NULL,
    approvals INTEGER NOT NULL,
    approvers TEXT NOT NULL,
    size INTEGER NOT NULL,
    written_us INTEGER NOT NULL
) STRICT;
INSERT INTO "drafts" VALUES('s1','r1','{"report.json": "abababababababababababababababababababababababababababababababab", "synthetic.parquet": "abababababababababababababababababababababababababababababababab"}','{"synthetic.parquet": "abababababababababababababababababababababababababababababababab"}','{"passed": true, "failures": []}',1,'["eva"]',4096,1700000005500000);
CREATE TABLE grants (
    release_id TEXT NOT NULL REFERENCES releases (id),
    researcher TEXT NOT NULL,
    until_us INTEGER NOT NULL,
    secret_sha256 BLOB NOT NULL,
    PRIMARY KEY (release_id, researcher)
) STRICT;
INSERT INTO "grants" VALUES('r1','bob',1700000009000000,X'6868686868686868686868686868686868686868686868686868686868686868');
CREATE TABLE invitations (
    secret_sha256 BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    expires_us INTEGER NOT NULL,
    used_by_sha256 BLOB,
    certificate BLOB
) STRICT;
INSERT INTO "invitations" VALUES(X'0F098F8BE0F52C87BDF8057A757ED2B4107665E94404BE39A6F6F99DA4116DE2','west','supplier',1796033207669992,NULL,NULL);
INSERT INTO "invitations" VALUES(X'584D436D524F86A64B8411C755B477B26C4212F7EF465C769244DF2A619E3641','west','supplier',1796033207670953,NULL,NULL);
CREATE TABLE members (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    signing_key BLOB NOT NULL,
    standing TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    enrolled_us INTEGER NOT NULL,
    connected INTEGER NOT NULL DEFAULT 0,
    last_seen_us INTEGER NOT NULL DEFAULT 0,
    datasets TEXT NOT NULL DEFAULT '[]'
) STRICT;
INSERT INTO "members" VALUES('ada','researcher',X'6164610000000000000000000000000000000000000000000000000000000000','active','',1700000000000000,0,0,'[]');
INSERT INTO "members" VALUES('bob','researcher',X'626F620000000000000000000000000000000000000000000000000000000000','evicted','left the institute',1700000000000000,0,0,'[]');
INSERT INTO "members" VALUES('eva','approver',X'6576610000000000000000000000000000000000000000000000000000000000','active','',1700000000000000,0,0,'[]');
INSERT INTO "members" VALUES('north','supplier',X'6E6F727468000000000000000000000000000000000000000000000000000000','active','',1700000000000000,0,0,'["heart", "penguins"]');
INSERT INTO "members" VALUES('südwest','supplier',X'73C3BC6477657374000000000000000000000000000000000000000000000000','active','',1700000000000000,0,0,'[]');
CREATE TABLE parties (
    study_id TEXT NOT NULL REFERENCES studies (id),
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    in_roster INTEGER NOT NULL DEFAULT 1,
    rounds_answered INTEGER NOT NULL DEFAULT 0,
    signing_key BLOB NOT NULL,
    decision_reason TEXT NOT NULL DEFAULT '',
    signature BLOB, flow_asked TEXT, flow TEXT, preparation_sha256 TEXT,
    PRIMARY KEY (study_id, name)
) STRICT;
INSERT INTO "parties" VALUES('s1','north','approved','agreed',1,1,X'6E6F727468000000000000000000000000000000000000000000000000000000','',NULL,'summaries',NULL,NULL);
INSERT INTO "parties" VALUES('s1','südwest','approved','agreed',1,1,X'73C3BC6477657374000000000000000000000000000000000000000000000000','',NULL,'prepared',NULL,NULL);
INSERT INTO "parties" VALUES('s2','north','approved','agreed',1,2,X'6E6F727468000000000000000000000000000000000000000000000000000000','',NULL,'summaries',NULL,NULL);
INSERT INTO "parties" VALUES('s2','südwest','approved','agreed',1,1,X'73C3BC6477657374000000000000000000000000000000000000000000000000','',NULL,'prepared',NULL,NULL);
CREATE TABLE release_decisions (
    study_id TEXT NOT NULL REFERENCES studies (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    public_key BLOB NOT NULL,
    signature BLOB NOT NULL,
    decided_us INTEGER NOT NULL,
    PRIMARY KEY (study_id, name)
) STRICT;
INSERT INTO "release_decisions" VALUES('s1','eva','approver','approve','fit for use',X'6576610000000000000000000000000000000000000000000000000000000000',X'67676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767676767',1700000005700000);
CREATE TABLE releases (
    id TEXT PRIMARY KEY,
    study_id TEXT NOT NULL UNIQUE REFERENCES studies (id),
    manifest_sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    released_us INTEGER NOT NULL
, withdrawn_us INTEGER NOT NULL DEFAULT 0, withdrawn_by TEXT NOT NULL DEFAULT '', withdrawn_reason TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "releases" VALUES('r1','s1','abababababababababababababababababababababababababababababababab',4096,1700000006000000,0,'','');
CREATE TABLE rounds (
    study_id TEXT NOT NULL REFERENCES studies (id),
    round INTEGER NOT NULL,
    stage TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    request_size INTEGER NOT NULL,
    opened_us INTEGER NOT NULL,
    merged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (study_id, round)
) STRICT;
INSERT INTO "rounds" VALUES('s1',0,'check','abababababababababababababababababababababababababababababababab',100,1700000002000000,1);
INSERT INTO "rounds" VALUES('s2',0,'check','abababababababababababababababababababababababababababababababab',100,1700000002000000,1);
INSERT INTO "rounds" VALUES('s2',1,'learn','abababababababababababababababababababababababababababababababab',200,1700000003000000,0);
CREATE TABLE shipments (
    study_id TEXT NOT NULL REFERENCES studies (id),
    supplier TEXT NOT NULL,
    task_id TEXT NOT NULL,
    flow TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    kept_us INTEGER NOT NULL,
    deleted_us INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (study_id, supplier)
) STRICT;
INSERT INTO "shipments" VALUES('s2','südwest','s2.r1.1','prepared','4545454545454545454545454545454545454545454545454545454545454545',9,1700000005000000,0);
CREATE TABLE studies (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    researcher TEXT NOT NULL,
    researcher_key BLOB NOT NULL,
    signature BLOB NOT NULL,
    specification BLOB NOT NULL,
    specification_sha256 TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    stage TEXT NOT NULL DEFAULT '',
    round INTEGER NOT NULL DEFAULT -1,
    rounds_done INTEGER NOT NULL DEFAULT 0,
    state_sha256 TEXT,
    result_sha256 TEXT,
    seed_sha256 TEXT,
    bytes_received INTEGER NOT NULL DEFAULT 0,
    bytes_sent INTEGER NOT NULL DEFAULT 0,
    submitted_us INTEGER NOT NULL,
    moved_us INTEGER NOT NULL,
    ended_us INTEGER NOT NULL DEFAULT 0,
    release_id TEXT
, told TEXT NOT NULL DEFAULT '', hazards TEXT NOT NULL DEFAULT '[]', hazards_accepted INTEGER NOT NULL DEFAULT 0, candidate_sha256 TEXT, candidate_signature BLOB, assessment_sha256 TEXT) STRICT;
INSERT INTO "studies" VALUES('s1','heart','ada',X'6164610000000000000000000000000000000000000000000000000000000000',X'73737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373',X'73796E636C696E653A20310A73747564793A2068656172740A','abababababababababababababababababababababababababababababababab','released','','',-1,0,NULL,NULL,NULL,0,0,1700000001000000,1700000001000000,0,'r1','','[]',0,NULL,NULL,NULL);
INSERT INTO "studies" VALUES('s2','heart-again','ada',X'6164610000000000000000000000000000000000000000000000000000000000',X'73737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373',X'73796E636C696E653A20310A73747564793A2068656172740A','abababababababababababababababababababababababababababababababab','running','','learn',1,1,'2323232323232323232323232323232323232323232323232323232323232323',NULL,NULL,87,300,1700000001000000,1700000004000000,0,NULL,'','[]',0,NULL,NULL,NULL);
CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    study_id TEXT NOT NULL REFERENCES studies (id),
    round INTEGER NOT NULL,
    supplier TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    sent INTEGER NOT NULL DEFAULT 0,
    reply_sha256 TEXT,
    reply_size INTEGER NOT NULL DEFAULT 0,
    UNIQUE (study_id, round, supplier)
) STRICT;
INSERT INTO "tasks" VALUES('s1.r0.0','s1',0,'north',1,'answered','',0,'efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef',10);
INSERT INTO "tasks" VALUES('s1.r0.1','s1',0,'südwest',1,'answered','',0,'efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef',10);
INSERT INTO "tasks" VALUES('s2.r0.0','s2',0,'north',1,'answered','',0,'efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef',10);
INSERT INTO "tasks" VALUES('s2.r0.1','s2',0,'südwest',1,'answered','',0,'efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef',10);
INSERT INTO "tasks" VALUES('s2.r1.0','s2',1,'north',1,'answered','',1,'0101010101010101010101010101010101010101010101010101010101010101',77);
INSERT INTO "tasks" VALUES('s2.r1.1','s2',1,'südwest',1,'open','',1,NULL,0);
CREATE INDEX submissions ON studies (researcher, specification_sha256);
CREATE INDEX open_tasks ON tasks (supplier) WHERE state = 'open';
CREATE TRIGGER audit_keeps_entries BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_keeps_all_entries BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never removed'); END;
PRAGMA user_version = 9;
COMMIT;
