-- Made by make.py with bocore at fcc824f.
BEGIN TRANSACTION;
CREATE TABLE accounting_account (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	code TEXT NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	parent_id BIGINT, 
	postable BOOLEAN NOT NULL, 
	currencies TEXT NOT NULL, 
	opened TEXT, 
	closed TEXT, 
	company_id BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_accounting_account_company_id FOREIGN KEY(company_id) REFERENCES bo_company (id), 
	CONSTRAINT fk_accounting_account_parent_id FOREIGN KEY(parent_id) REFERENCES accounting_account (id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO "accounting_account" VALUES(1,1,'1','Assets','asset',NULL,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(2,1,'10','Cash and banks','asset',1,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(3,1,'11','Receivables','asset',1,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(4,1,'13','Stock','asset',1,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(5,1,'15','Fixed assets','asset',1,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(6,1,'2','Liabilities','liability',NULL,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(7,1,'20','Payables','liability',6,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(8,1,'22','Taxes and wages owed','liability',6,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(9,1,'3','Equity','equity',NULL,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(10,1,'4','Income','income',NULL,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(11,1,'5','Cost of sales','expense',NULL,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(12,1,'6','Running costs','expense',NULL,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(13,1,'7','Financial costs and taxes on profit','expense',NULL,0,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(14,1,'1000','Cash','asset',2,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(15,1,'1010','Bank','asset',2,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(16,1,'1050','Money on its way','asset',2,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(17,1,'1100','Trade receivables','asset',3,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(18,1,'1110','Revenue not yet invoiced','asset',3,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(19,1,'1120','Receivables from group companies','asset',3,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(20,1,'1130','Advances to suppliers','asset',3,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(21,1,'1140','Receivables from employees','asset',3,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(22,1,'1150','Prepaid expenses','asset',3,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(23,1,'1160','Input tax','asset',3,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(24,1,'1190','Other assets','asset',3,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(25,1,'1300','Inventory','asset',4,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(26,1,'1310','Work in progress','asset',4,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(27,1,'1500','Fixed assets at cost','asset',5,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(28,1,'1510','Accumulated depreciation','asset',5,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(29,1,'1900','Suspense','asset',1,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(30,1,'2000','Trade payables','liability',7,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(31,1,'2010','Goods received, not invoiced','liability',7,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(32,1,'2020','Accrued expenses','liability',7,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(33,1,'2030','Payables to group companies','liability',7,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(34,1,'2040','Advances from customers','liability',7,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(35,1,'2050','Gift cards and store credit','liability',7,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(36,1,'2060','Deferred revenue','liability',7,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(37,1,'2090','Other liabilities','liability',7,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(38,1,'2200','Output tax','liability',8,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(39,1,'2210','Payables to employees','liability',8,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(40,1,'2220','Withheld from wages','liability',8,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(41,1,'3000','Owners'' capital','equity',9,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(42,1,'3100','Opening balances','equity',9,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(43,1,'3200','Retained earnings','equity',9,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(44,1,'4000','Sales','income',10,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(45,1,'4090','Returns and allowances','income',10,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(46,1,'4800','Other income','income',10,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(47,1,'4810','Interest received','income',10,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(48,1,'5000','Cost of goods sold','expense',11,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(49,1,'5090','Stock differences','expense',11,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(50,1,'6000','Wages','expense',12,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(51,1,'6010','Employer''s contributions','expense',12,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(52,1,'6100','Rent','expense',12,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(53,1,'6200','Depreciation','expense',12,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(54,1,'6300','Bank fees','expense',12,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(55,1,'6800','Other expenses','expense',12,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(56,1,'6810','Cash rounding','expense',12,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(57,1,'7000','Interest paid','expense',13,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(58,1,'7100','Exchange differences, realised','expense',13,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(59,1,'7110','Exchange differences, unrealised','expense',13,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(60,1,'7120','Rounding of conversions','expense',13,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(61,1,'7900','Taxes on profit','expense',13,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(62,1,'6500','Training','expense',NULL,1,'[]',NULL,NULL,1);
INSERT INTO "accounting_account" VALUES(63,1,'Assets','Assets','asset',NULL,0,'[]',NULL,NULL,2);
INSERT INTO "accounting_account" VALUES(64,1,'Assets:Bank','Bank','asset',63,1,'["USD"]','2024-01-01',NULL,2);
INSERT INTO "accounting_account" VALUES(65,1,'Assets:Broker','Broker','asset',63,1,'["VTI"]','2024-01-01',NULL,2);
INSERT INTO "accounting_account" VALUES(66,1,'Expenses','Expenses','expense',NULL,0,'[]',NULL,NULL,2);
INSERT INTO "accounting_account" VALUES(67,1,'Expenses:Food','Food','expense',66,1,'[]','2024-01-01',NULL,2);
INSERT INTO "accounting_account" VALUES(68,1,'Income','Income','income',NULL,0,'[]',NULL,NULL,2);
INSERT INTO "accounting_account" VALUES(69,1,'Income:Gains','Gains','income',68,1,'[]','2024-01-01',NULL,2);
INSERT INTO "accounting_account" VALUES(70,1,'Equity','Equity','equity',NULL,0,'[]',NULL,NULL,2);
INSERT INTO "accounting_account" VALUES(71,1,'Equity:Start','Start','equity',70,1,'[]','2024-01-01',NULL,2);
CREATE TABLE accounting_balance (
	id INTEGER NOT NULL, 
	company_id BIGINT NOT NULL, 
	account_id BIGINT NOT NULL, 
	book TEXT NOT NULL, 
	period BIGINT NOT NULL, 
	currency TEXT NOT NULL, 
	commodity TEXT NOT NULL, 
	debit BIGINT NOT NULL, 
	credit BIGINT NOT NULL, 
	base_debit BIGINT NOT NULL, 
	base_credit BIGINT NOT NULL, 
	quantity_debit BIGINT NOT NULL, 
	quantity_credit BIGINT NOT NULL, 
	lines BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "accounting_balance" VALUES(1,1,14,'',202510,'EUR','',155140,0,155140,0,0,0,5);
INSERT INTO "accounting_balance" VALUES(2,1,15,'',202510,'EUR','',2500000,180000,2500000,180000,0,0,2);
INSERT INTO "accounting_balance" VALUES(3,1,17,'',202510,'EUR','',810040,44919,810040,44919,0,0,17);
INSERT INTO "accounting_balance" VALUES(4,1,23,'',202510,'EUR','',57660,0,57660,0,0,0,4);
INSERT INTO "accounting_balance" VALUES(5,1,25,'',202510,'EUR','',1088310,0,1088310,0,0,0,5);
INSERT INTO "accounting_balance" VALUES(6,1,27,'',202510,'EUR','',1200000,0,1200000,0,0,0,1);
INSERT INTO "accounting_balance" VALUES(7,1,28,'',202510,'EUR','',0,200000,0,200000,0,0,1);
INSERT INTO "accounting_balance" VALUES(8,1,30,'',202510,'EUR','',0,345970,0,345970,0,0,4);
INSERT INTO "accounting_balance" VALUES(9,1,38,'',202510,'EUR','',7486,154190,7486,154190,0,0,21);
INSERT INTO "accounting_balance" VALUES(10,1,42,'',202510,'EUR','',0,4340000,0,4340000,0,0,1);
INSERT INTO "accounting_balance" VALUES(11,1,44,'',202510,'EUR','',37433,770990,37433,770990,0,0,21);
INSERT INTO "accounting_balance" VALUES(12,1,52,'',202510,'EUR','',180000,0,180000,0,0,0,1);
CREATE TABLE accounting_commodity (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	code TEXT NOT NULL, 
	exponent BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "accounting_commodity" VALUES(1,1,'VTI',0,'');
CREATE TABLE accounting_entry (
	id INTEGER NOT NULL, 
	journal_id BIGINT NOT NULL, 
	posting_date TEXT NOT NULL, 
	document_date TEXT, 
	fiscal_year BIGINT NOT NULL, 
	number TEXT, 
	text TEXT NOT NULL, 
	reference TEXT NOT NULL, 
	nature TEXT NOT NULL, 
	book TEXT NOT NULL, 
	reverses_id BIGINT, 
	voucher_id BIGINT, 
	unit_id BIGINT NOT NULL, 
	company_id BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_accounting_entry_company_id FOREIGN KEY(company_id) REFERENCES bo_company (id), 
	CONSTRAINT fk_accounting_entry_journal_id FOREIGN KEY(journal_id) REFERENCES accounting_journal (id), 
	CONSTRAINT fk_accounting_entry_reverses_id FOREIGN KEY(reverses_id) REFERENCES accounting_entry (id) DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT fk_accounting_entry_voucher_id FOREIGN KEY(voucher_id) REFERENCES bo_voucher (id)
);
INSERT INTO "accounting_entry" VALUES(1,1,'2025-10-01','2025-10-01',2025,'DEMO/2025/00001','Opening balances','','opening','',NULL,1,6,1);
INSERT INTO "accounting_entry" VALUES(2,1,'2025-10-01','2025-10-01',2025,'DEMO/2025/00002','Invoice 1','','normal','',NULL,2,7,1);
INSERT INTO "accounting_entry" VALUES(3,1,'2025-10-01','2025-10-01',2025,'DEMO/2025/00003','Rent of the warehouse','','normal','',NULL,3,7,1);
INSERT INTO "accounting_entry" VALUES(4,1,'2025-10-02','2025-10-02',2025,'DEMO/2025/00004','Invoice 2','','normal','',NULL,4,7,1);
INSERT INTO "accounting_entry" VALUES(5,1,'2025-10-02','2025-10-02',2025,'DEMO/2025/00005','Bill 1','','normal','',NULL,5,7,1);
INSERT INTO "accounting_entry" VALUES(6,1,'2025-10-03','2025-10-03',2025,'DEMO/2025/00006','Invoice 3','','normal','',NULL,6,7,1);
INSERT INTO "accounting_entry" VALUES(7,1,'2025-10-03','2025-10-03',2025,'DEMO/2025/00007','Invoice 4','','normal','',NULL,7,7,1);
INSERT INTO "accounting_entry" VALUES(8,1,'2025-10-04','2025-10-04',2025,'DEMO/2025/00008','Cash sale 5','','normal','',NULL,8,7,1);
INSERT INTO "accounting_entry" VALUES(9,1,'2025-10-05','2025-10-05',2025,'DEMO/2025/00009','Invoice 6','','normal','',NULL,9,7,1);
INSERT INTO "accounting_entry" VALUES(10,1,'2025-10-05','2025-10-05',2025,'DEMO/2025/00010','Invoice 7','','normal','',NULL,10,7,1);
INSERT INTO "accounting_entry" VALUES(11,1,'2025-10-06','2025-10-06',2025,'DEMO/2025/00011','Invoice 8','','normal','',NULL,11,7,1);
INSERT INTO "accounting_entry" VALUES(12,1,'2025-10-06','2025-10-06',2025,'DEMO/2025/00012','Bill 2','','normal','',NULL,12,7,1);
INSERT INTO "accounting_entry" VALUES(13,1,'2025-10-07','2025-10-07',2025,'DEMO/2025/00013','Invoice 9','','normal','',NULL,13,7,1);
INSERT INTO "accounting_entry" VALUES(14,1,'2025-10-07','2025-10-07',2025,'DEMO/2025/00014','Cash sale 10','','normal','',NULL,14,7,1);
INSERT INTO "accounting_entry" VALUES(15,1,'2025-10-08','2025-10-08',2025,'DEMO/2025/00015','Invoice 11','','normal','',NULL,15,8,1);
INSERT INTO "accounting_entry" VALUES(16,1,'2025-10-09','2025-10-09',2025,'DEMO/2025/00016','Invoice 12','','normal','',NULL,16,8,1);
INSERT INTO "accounting_entry" VALUES(17,1,'2025-10-09','2025-10-09',2025,'DEMO/2025/00017','Bill 3','','normal','',NULL,17,8,1);
INSERT INTO "accounting_entry" VALUES(18,1,'2025-10-10','2025-10-10',2025,'DEMO/2025/00018','Invoice 13','','normal','',NULL,18,8,1);
INSERT INTO "accounting_entry" VALUES(19,1,'2025-10-10','2025-10-10',2025,'DEMO/2025/00019','Invoice 14','','normal','',NULL,19,8,1);
INSERT INTO "accounting_entry" VALUES(20,1,'2025-10-11','2025-10-11',2025,'DEMO/2025/00020','Cash sale 15','','normal','',NULL,20,8,1);
INSERT INTO "accounting_entry" VALUES(21,1,'2025-10-12','2025-10-12',2025,'DEMO/2025/00021','Invoice 16','','normal','',NULL,21,8,1);
INSERT INTO "accounting_entry" VALUES(22,1,'2025-10-12','2025-10-12',2025,'DEMO/2025/00022','Invoice 17','','normal','',NULL,22,8,1);
INSERT INTO "accounting_entry" VALUES(23,1,'2025-10-13','2025-10-13',2025,'DEMO/2025/00023','Invoice 18','','normal','',NULL,23,8,1);
INSERT INTO "accounting_entry" VALUES(24,1,'2025-10-13','2025-10-13',2025,'DEMO/2025/00024','Bill 4','','normal','',NULL,24,8,1);
INSERT INTO "accounting_entry" VALUES(25,1,'2025-10-14','2025-10-14',2025,'DEMO/2025/00025','Invoice 19','','normal','',NULL,25,8,1);
INSERT INTO "accounting_entry" VALUES(26,1,'2025-10-14','2025-10-14',2025,'DEMO/2025/00026','Cash sale 20','','normal','',NULL,26,8,1);
INSERT INTO "accounting_entry" VALUES(27,1,'2025-10-05','2025-10-05',2025,'DEMO/2025/00027','Reversal: Invoiced to the wrong customer','','normal','',10,27,9,1);
INSERT INTO "accounting_entry" VALUES(28,1,'2025-11-01','2025-10-31',2025,'DEMO/2025/00028','Freight, billed late','','normal','',NULL,28,10,1);
INSERT INTO "accounting_entry" VALUES(29,2,'2026-01-15','2026-01-15',2026,'TILL/2026/00001','','','normal','',NULL,29,13,1);
INSERT INTO "accounting_entry" VALUES(30,3,'2026-02-02',NULL,2026,'GEN/2026/00001','Rent of February','','normal','',NULL,NULL,14,1);
INSERT INTO "accounting_entry" VALUES(31,3,'2026-02-03',NULL,2026,'GEN/2026/00002','Training','','normal','',NULL,NULL,14,1);
INSERT INTO "accounting_entry" VALUES(32,4,'2024-01-01',NULL,2024,'BC/2024/00001','Ann | Begin','','normal','',NULL,NULL,15,2);
INSERT INTO "accounting_entry" VALUES(33,4,'2024-01-05',NULL,2024,'BC/2024/00002','Buy','','normal','',NULL,NULL,15,2);
INSERT INTO "accounting_entry" VALUES(34,4,'2024-01-09',NULL,2024,'BC/2024/00003','Sell','','normal','',NULL,NULL,15,2);
INSERT INTO "accounting_entry" VALUES(35,4,'2024-02-01',NULL,2024,'BC/2024/00004','Diner | Lunch','','normal','',NULL,NULL,15,2);
CREATE TABLE accounting_fiscal_year (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	code BIGINT NOT NULL, 
	start TEXT NOT NULL, 
	"end" TEXT NOT NULL, 
	company_id BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_accounting_fiscal_year_company_id FOREIGN KEY(company_id) REFERENCES bo_company (id)
);
CREATE TABLE accounting_journal (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	code TEXT NOT NULL, 
	name TEXT NOT NULL, 
	company_id BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_accounting_journal_company_id FOREIGN KEY(company_id) REFERENCES bo_company (id)
);
INSERT INTO "accounting_journal" VALUES(1,1,'DEMO','DEMO',1);
INSERT INTO "accounting_journal" VALUES(2,1,'TILL','TILL',1);
INSERT INTO "accounting_journal" VALUES(3,1,'GEN','General journal',1);
INSERT INTO "accounting_journal" VALUES(4,1,'BC','Beancount',2);
CREATE TABLE accounting_line (
	id INTEGER NOT NULL, 
	entry_id BIGINT NOT NULL, 
	account_id BIGINT NOT NULL, 
	amount BIGINT NOT NULL, 
	amount_currency TEXT NOT NULL, 
	base BIGINT, 
	base_currency TEXT, 
	quantity BIGINT, 
	quantity_currency TEXT, 
	purpose TEXT NOT NULL, 
	party_id BIGINT, 
	dims_id BIGINT, 
	due TEXT, 
	tax TEXT, 
	service_from TEXT, 
	service_to TEXT, 
	position BIGINT NOT NULL, 
	posting_date TEXT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_accounting_line_account_id FOREIGN KEY(account_id) REFERENCES accounting_account (id), 
	CONSTRAINT fk_accounting_line_dims_id FOREIGN KEY(dims_id) REFERENCES bo_dimension_set (id), 
	CONSTRAINT fk_accounting_line_entry_id FOREIGN KEY(entry_id) REFERENCES accounting_entry (id), 
	CONSTRAINT fk_accounting_line_party_id FOREIGN KEY(party_id) REFERENCES bo_party (id)
);
INSERT INTO "accounting_line" VALUES(1,1,15,2500000,'EUR',2500000,'EUR',NULL,NULL,'bank',NULL,NULL,NULL,NULL,NULL,NULL,1,'2025-10-01');
INSERT INTO "accounting_line" VALUES(2,1,14,40000,'EUR',40000,'EUR',NULL,NULL,'cash',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-01');
INSERT INTO "accounting_line" VALUES(3,1,25,800000,'EUR',800000,'EUR',NULL,NULL,'inventory',NULL,NULL,NULL,NULL,NULL,NULL,3,'2025-10-01');
INSERT INTO "accounting_line" VALUES(4,1,27,1200000,'EUR',1200000,'EUR',NULL,NULL,'asset.cost',NULL,NULL,NULL,NULL,NULL,NULL,4,'2025-10-01');
INSERT INTO "accounting_line" VALUES(5,1,28,-200000,'EUR',-200000,'EUR',NULL,NULL,'asset.accdep',NULL,NULL,NULL,NULL,NULL,NULL,5,'2025-10-01');
INSERT INTO "accounting_line" VALUES(6,1,42,-4340000,'EUR',-4340000,'EUR',NULL,NULL,'equity.opening',NULL,NULL,NULL,NULL,NULL,NULL,6,'2025-10-01');
INSERT INTO "accounting_line" VALUES(7,2,17,33502,'EUR',33502,'EUR',NULL,NULL,'receivable',2,NULL,'2025-10-22',NULL,NULL,NULL,1,'2025-10-01');
INSERT INTO "accounting_line" VALUES(8,2,44,-27919,'EUR',-27919,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-01');
INSERT INTO "accounting_line" VALUES(9,2,38,-5583,'EUR',-5583,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-27919,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-5583,"EUR"]}',NULL,NULL,3,'2025-10-01');
INSERT INTO "accounting_line" VALUES(10,3,52,180000,'EUR',180000,'EUR',NULL,NULL,'expense',NULL,NULL,NULL,NULL,'2025-10-01','2025-10-31',1,'2025-10-01');
INSERT INTO "accounting_line" VALUES(11,3,15,-180000,'EUR',-180000,'EUR',NULL,NULL,'bank',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-01');
INSERT INTO "accounting_line" VALUES(12,4,17,43005,'EUR',43005,'EUR',NULL,NULL,'receivable',3,NULL,'2025-10-23',NULL,NULL,NULL,1,'2025-10-02');
INSERT INTO "accounting_line" VALUES(13,4,44,-35838,'EUR',-35838,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-02');
INSERT INTO "accounting_line" VALUES(14,4,38,-7167,'EUR',-7167,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-35838,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-7167,"EUR"]}',NULL,NULL,3,'2025-10-02');
INSERT INTO "accounting_line" VALUES(15,5,25,64831,'EUR',64831,'EUR',NULL,NULL,'inventory',NULL,NULL,NULL,NULL,NULL,NULL,1,'2025-10-02');
INSERT INTO "accounting_line" VALUES(16,5,23,12966,'EUR',12966,'EUR',NULL,NULL,'tax.input',NULL,NULL,NULL,'{"base":[64831,"EUR"],"code":"P20","direction":"input","on":null,"rate":"20","registration":"","tax":[12966,"EUR"]}',NULL,NULL,2,'2025-10-02');
INSERT INTO "accounting_line" VALUES(17,5,30,-77797,'EUR',-77797,'EUR',NULL,NULL,'payable',8,NULL,'2025-10-16',NULL,NULL,NULL,3,'2025-10-02');
INSERT INTO "accounting_line" VALUES(18,6,17,52508,'EUR',52508,'EUR',NULL,NULL,'receivable',4,NULL,'2025-10-24',NULL,NULL,NULL,1,'2025-10-03');
INSERT INTO "accounting_line" VALUES(19,6,44,-43757,'EUR',-43757,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-03');
INSERT INTO "accounting_line" VALUES(20,6,38,-8751,'EUR',-8751,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-43757,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-8751,"EUR"]}',NULL,NULL,3,'2025-10-03');
INSERT INTO "accounting_line" VALUES(21,7,17,62011,'EUR',62011,'EUR',NULL,NULL,'receivable',5,NULL,'2025-10-24',NULL,NULL,NULL,1,'2025-10-03');
INSERT INTO "accounting_line" VALUES(22,7,44,-51676,'EUR',-51676,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-03');
INSERT INTO "accounting_line" VALUES(23,7,38,-10335,'EUR',-10335,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-51676,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-10335,"EUR"]}',NULL,NULL,3,'2025-10-03');
INSERT INTO "accounting_line" VALUES(24,8,14,25914,'EUR',25914,'EUR',NULL,NULL,'cash',NULL,NULL,NULL,NULL,NULL,NULL,1,'2025-10-04');
INSERT INTO "accounting_line" VALUES(25,8,44,-21595,'EUR',-21595,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-04');
INSERT INTO "accounting_line" VALUES(26,8,38,-4319,'EUR',-4319,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-21595,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-4319,"EUR"]}',NULL,NULL,3,'2025-10-04');
INSERT INTO "accounting_line" VALUES(27,9,17,35416,'EUR',35416,'EUR',NULL,NULL,'receivable',1,NULL,'2025-10-26',NULL,NULL,NULL,1,'2025-10-05');
INSERT INTO "accounting_line" VALUES(28,9,44,-29514,'EUR',-29514,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-05');
INSERT INTO "accounting_line" VALUES(29,9,38,-5902,'EUR',-5902,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-29514,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-5902,"EUR"]}',NULL,NULL,3,'2025-10-05');
INSERT INTO "accounting_line" VALUES(30,10,17,44919,'EUR',44919,'EUR',NULL,NULL,'receivable',2,NULL,'2025-10-26',NULL,NULL,NULL,1,'2025-10-05');
INSERT INTO "accounting_line" VALUES(31,10,44,-37433,'EUR',-37433,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-05');
INSERT INTO "accounting_line" VALUES(32,10,38,-7486,'EUR',-7486,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-37433,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-7486,"EUR"]}',NULL,NULL,3,'2025-10-05');
INSERT INTO "accounting_line" VALUES(33,11,17,54422,'EUR',54422,'EUR',NULL,NULL,'receivable',3,NULL,'2025-10-27',NULL,NULL,NULL,1,'2025-10-06');
INSERT INTO "accounting_line" VALUES(34,11,44,-45352,'EUR',-45352,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-06');
INSERT INTO "accounting_line" VALUES(35,11,38,-9070,'EUR',-9070,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-45352,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-9070,"EUR"]}',NULL,NULL,3,'2025-10-06');
INSERT INTO "accounting_line" VALUES(36,12,25,69662,'EUR',69662,'EUR',NULL,NULL,'inventory',NULL,NULL,NULL,NULL,NULL,NULL,1,'2025-10-06');
INSERT INTO "accounting_line" VALUES(37,12,23,13932,'EUR',13932,'EUR',NULL,NULL,'tax.input',NULL,NULL,NULL,'{"base":[69662,"EUR"],"code":"P20","direction":"input","on":null,"rate":"20","registration":"","tax":[13932,"EUR"]}',NULL,NULL,2,'2025-10-06');
INSERT INTO "accounting_line" VALUES(38,12,30,-83594,'EUR',-83594,'EUR',NULL,NULL,'payable',9,NULL,'2025-10-20',NULL,NULL,NULL,3,'2025-10-06');
INSERT INTO "accounting_line" VALUES(39,13,17,63925,'EUR',63925,'EUR',NULL,NULL,'receivable',4,NULL,'2025-10-28',NULL,NULL,NULL,1,'2025-10-07');
INSERT INTO "accounting_line" VALUES(40,13,44,-53271,'EUR',-53271,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-07');
INSERT INTO "accounting_line" VALUES(41,13,38,-10654,'EUR',-10654,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-53271,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-10654,"EUR"]}',NULL,NULL,3,'2025-10-07');
INSERT INTO "accounting_line" VALUES(42,14,14,27828,'EUR',27828,'EUR',NULL,NULL,'cash',NULL,NULL,NULL,NULL,NULL,NULL,1,'2025-10-07');
INSERT INTO "accounting_line" VALUES(43,14,44,-23190,'EUR',-23190,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-07');
INSERT INTO "accounting_line" VALUES(44,14,38,-4638,'EUR',-4638,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-23190,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-4638,"EUR"]}',NULL,NULL,3,'2025-10-07');
INSERT INTO "accounting_line" VALUES(45,15,17,37330,'EUR',37330,'EUR',NULL,NULL,'receivable',6,NULL,'2025-10-29',NULL,NULL,NULL,1,'2025-10-08');
INSERT INTO "accounting_line" VALUES(46,15,44,-31109,'EUR',-31109,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-08');
INSERT INTO "accounting_line" VALUES(47,15,38,-6221,'EUR',-6221,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-31109,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-6221,"EUR"]}',NULL,NULL,3,'2025-10-08');
INSERT INTO "accounting_line" VALUES(48,16,17,46833,'EUR',46833,'EUR',NULL,NULL,'receivable',1,NULL,'2025-10-30',NULL,NULL,NULL,1,'2025-10-09');
INSERT INTO "accounting_line" VALUES(49,16,44,-39028,'EUR',-39028,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-09');
INSERT INTO "accounting_line" VALUES(50,16,38,-7805,'EUR',-7805,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-39028,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-7805,"EUR"]}',NULL,NULL,3,'2025-10-09');
INSERT INTO "accounting_line" VALUES(51,17,25,74493,'EUR',74493,'EUR',NULL,NULL,'inventory',NULL,NULL,NULL,NULL,NULL,NULL,1,'2025-10-09');
INSERT INTO "accounting_line" VALUES(52,17,23,14898,'EUR',14898,'EUR',NULL,NULL,'tax.input',NULL,NULL,NULL,'{"base":[74493,"EUR"],"code":"P20","direction":"input","on":null,"rate":"20","registration":"","tax":[14898,"EUR"]}',NULL,NULL,2,'2025-10-09');
INSERT INTO "accounting_line" VALUES(53,17,30,-89391,'EUR',-89391,'EUR',NULL,NULL,'payable',7,NULL,'2025-10-23',NULL,NULL,NULL,3,'2025-10-09');
INSERT INTO "accounting_line" VALUES(54,18,17,56336,'EUR',56336,'EUR',NULL,NULL,'receivable',2,NULL,'2025-10-31',NULL,NULL,NULL,1,'2025-10-10');
INSERT INTO "accounting_line" VALUES(55,18,44,-46947,'EUR',-46947,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-10');
INSERT INTO "accounting_line" VALUES(56,18,38,-9389,'EUR',-9389,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-46947,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-9389,"EUR"]}',NULL,NULL,3,'2025-10-10');
INSERT INTO "accounting_line" VALUES(57,19,17,65839,'EUR',65839,'EUR',NULL,NULL,'receivable',3,NULL,'2025-10-31',NULL,NULL,NULL,1,'2025-10-10');
INSERT INTO "accounting_line" VALUES(58,19,44,-54866,'EUR',-54866,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-10');
INSERT INTO "accounting_line" VALUES(59,19,38,-10973,'EUR',-10973,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-54866,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-10973,"EUR"]}',NULL,NULL,3,'2025-10-10');
INSERT INTO "accounting_line" VALUES(60,20,14,29742,'EUR',29742,'EUR',NULL,NULL,'cash',NULL,NULL,NULL,NULL,NULL,NULL,1,'2025-10-11');
INSERT INTO "accounting_line" VALUES(61,20,44,-24785,'EUR',-24785,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-11');
INSERT INTO "accounting_line" VALUES(62,20,38,-4957,'EUR',-4957,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-24785,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-4957,"EUR"]}',NULL,NULL,3,'2025-10-11');
INSERT INTO "accounting_line" VALUES(63,21,17,39244,'EUR',39244,'EUR',NULL,NULL,'receivable',5,NULL,'2025-11-02',NULL,NULL,NULL,1,'2025-10-12');
INSERT INTO "accounting_line" VALUES(64,21,44,-32704,'EUR',-32704,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-12');
INSERT INTO "accounting_line" VALUES(65,21,38,-6540,'EUR',-6540,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-32704,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-6540,"EUR"]}',NULL,NULL,3,'2025-10-12');
INSERT INTO "accounting_line" VALUES(66,22,17,48747,'EUR',48747,'EUR',NULL,NULL,'receivable',6,NULL,'2025-11-02',NULL,NULL,NULL,1,'2025-10-12');
INSERT INTO "accounting_line" VALUES(67,22,44,-40623,'EUR',-40623,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-12');
INSERT INTO "accounting_line" VALUES(68,22,38,-8124,'EUR',-8124,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-40623,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-8124,"EUR"]}',NULL,NULL,3,'2025-10-12');
INSERT INTO "accounting_line" VALUES(69,23,17,58250,'EUR',58250,'EUR',NULL,NULL,'receivable',1,NULL,'2025-11-03',NULL,NULL,NULL,1,'2025-10-13');
INSERT INTO "accounting_line" VALUES(70,23,44,-48542,'EUR',-48542,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-13');
INSERT INTO "accounting_line" VALUES(71,23,38,-9708,'EUR',-9708,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-48542,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-9708,"EUR"]}',NULL,NULL,3,'2025-10-13');
INSERT INTO "accounting_line" VALUES(72,24,25,79324,'EUR',79324,'EUR',NULL,NULL,'inventory',NULL,NULL,NULL,NULL,NULL,NULL,1,'2025-10-13');
INSERT INTO "accounting_line" VALUES(73,24,23,15864,'EUR',15864,'EUR',NULL,NULL,'tax.input',NULL,NULL,NULL,'{"base":[79324,"EUR"],"code":"P20","direction":"input","on":null,"rate":"20","registration":"","tax":[15864,"EUR"]}',NULL,NULL,2,'2025-10-13');
INSERT INTO "accounting_line" VALUES(74,24,30,-95188,'EUR',-95188,'EUR',NULL,NULL,'payable',8,NULL,'2025-10-27',NULL,NULL,NULL,3,'2025-10-13');
INSERT INTO "accounting_line" VALUES(75,25,17,67753,'EUR',67753,'EUR',NULL,NULL,'receivable',2,NULL,'2025-11-04',NULL,NULL,NULL,1,'2025-10-14');
INSERT INTO "accounting_line" VALUES(76,25,44,-56461,'EUR',-56461,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-14');
INSERT INTO "accounting_line" VALUES(77,25,38,-11292,'EUR',-11292,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-56461,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-11292,"EUR"]}',NULL,NULL,3,'2025-10-14');
INSERT INTO "accounting_line" VALUES(78,26,14,31656,'EUR',31656,'EUR',NULL,NULL,'cash',NULL,NULL,NULL,NULL,NULL,NULL,1,'2025-10-14');
INSERT INTO "accounting_line" VALUES(79,26,44,-26380,'EUR',-26380,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-14');
INSERT INTO "accounting_line" VALUES(80,26,38,-5276,'EUR',-5276,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[-26380,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-5276,"EUR"]}',NULL,NULL,3,'2025-10-14');
INSERT INTO "accounting_line" VALUES(81,27,17,-44919,'EUR',-44919,'EUR',NULL,NULL,'receivable',2,NULL,NULL,NULL,NULL,NULL,1,'2025-10-05');
INSERT INTO "accounting_line" VALUES(82,27,44,37433,'EUR',37433,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2025-10-05');
INSERT INTO "accounting_line" VALUES(83,27,38,7486,'EUR',7486,'EUR',NULL,NULL,'tax.output',NULL,NULL,NULL,'{"base":[37433,"EUR"],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[7486,"EUR"]}',NULL,NULL,3,'2025-10-05');
INSERT INTO "accounting_line" VALUES(84,28,55,32000,'EUR',32000,'EUR',NULL,NULL,'expense',NULL,1,NULL,NULL,NULL,NULL,1,'2025-11-01');
INSERT INTO "accounting_line" VALUES(85,28,23,6400,'EUR',6400,'EUR',NULL,NULL,'tax.input',NULL,NULL,NULL,'{"base":[32000,"EUR"],"code":"P20","direction":"input","on":null,"rate":"20","registration":"","tax":[6400,"EUR"]}',NULL,NULL,2,'2025-11-01');
INSERT INTO "accounting_line" VALUES(86,28,30,-38400,'EUR',-38400,'EUR',NULL,NULL,'payable',9,NULL,NULL,NULL,NULL,NULL,3,'2025-11-01');
INSERT INTO "accounting_line" VALUES(87,29,14,500,'EUR',500,'EUR',NULL,NULL,'cash',NULL,NULL,NULL,NULL,NULL,NULL,1,'2026-01-15');
INSERT INTO "accounting_line" VALUES(88,29,44,-500,'EUR',-500,'EUR',NULL,NULL,'sales',NULL,NULL,NULL,NULL,NULL,NULL,2,'2026-01-15');
INSERT INTO "accounting_line" VALUES(89,30,52,120000,'EUR',120000,'EUR',NULL,NULL,'',NULL,NULL,NULL,NULL,NULL,NULL,1,'2026-02-02');
INSERT INTO "accounting_line" VALUES(90,30,15,-120000,'EUR',-120000,'EUR',NULL,NULL,'',NULL,NULL,NULL,NULL,NULL,NULL,2,'2026-02-02');
INSERT INTO "accounting_line" VALUES(91,31,62,35000,'EUR',35000,'EUR',NULL,NULL,'',NULL,NULL,NULL,NULL,NULL,NULL,1,'2026-02-03');
INSERT INTO "accounting_line" VALUES(92,31,15,-35000,'EUR',-35000,'EUR',NULL,NULL,'',NULL,NULL,NULL,NULL,NULL,NULL,2,'2026-02-03');
INSERT INTO "accounting_line" VALUES(93,32,64,100000,'USD',100000,'USD',NULL,NULL,'',NULL,NULL,NULL,NULL,NULL,NULL,1,'2024-01-01');
INSERT INTO "accounting_line" VALUES(94,32,71,-100000,'USD',-100000,'USD',NULL,NULL,'',NULL,NULL,NULL,NULL,NULL,NULL,2,'2024-01-01');
INSERT INTO "accounting_line" VALUES(95,33,65,70190,'USD',70190,'USD',10,'VTI','',NULL,NULL,NULL,NULL,NULL,NULL,1,'2024-01-05');
INSERT INTO "accounting_line" VALUES(96,33,64,-70190,'USD',-70190,'USD',NULL,NULL,'',NULL,NULL,NULL,NULL,NULL,NULL,2,'2024-01-05');
INSERT INTO "accounting_line" VALUES(97,34,65,-28076,'USD',-28076,'USD',-4,'VTI','',NULL,NULL,NULL,NULL,NULL,NULL,1,'2024-01-09');
INSERT INTO "accounting_line" VALUES(98,34,64,28400,'USD',28400,'USD',NULL,NULL,'',NULL,NULL,NULL,NULL,NULL,NULL,2,'2024-01-09');
INSERT INTO "accounting_line" VALUES(99,34,69,-324,'USD',-324,'USD',NULL,NULL,'',NULL,NULL,NULL,NULL,NULL,NULL,3,'2024-01-09');
INSERT INTO "accounting_line" VALUES(100,35,67,1250,'USD',1250,'USD',NULL,NULL,'',NULL,NULL,NULL,NULL,NULL,NULL,1,'2024-02-01');
INSERT INTO "accounting_line" VALUES(101,35,64,-1250,'USD',-1250,'USD',NULL,NULL,'',NULL,NULL,NULL,NULL,NULL,NULL,2,'2024-02-01');
CREATE TABLE accounting_purpose_rule (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	purpose TEXT NOT NULL, 
	account_id BIGINT NOT NULL, 
	book TEXT NOT NULL, 
	keys TEXT NOT NULL, 
	since TEXT, 
	company_id BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_accounting_purpose_rule_account_id FOREIGN KEY(account_id) REFERENCES accounting_account (id), 
	CONSTRAINT fk_accounting_purpose_rule_company_id FOREIGN KEY(company_id) REFERENCES bo_company (id)
);
INSERT INTO "accounting_purpose_rule" VALUES(1,1,'cash',14,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(2,1,'bank',15,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(3,1,'clearing',16,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(4,1,'receivable',17,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(5,1,'accrued.revenue',18,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(6,1,'ic.receivable',19,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(7,1,'supplier.advance',20,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(8,1,'employee.receivable',21,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(9,1,'deferred.expense',22,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(10,1,'tax.input',23,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(11,1,'asset',24,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(12,1,'inventory',25,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(13,1,'wip',26,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(14,1,'asset.cost',27,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(15,1,'asset.accdep',28,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(16,1,'suspense',29,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(17,1,'payable',30,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(18,1,'grni',31,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(19,1,'accrued.expense',32,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(20,1,'ic.payable',33,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(21,1,'customer.advance',34,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(22,1,'stored_value',35,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(23,1,'deferred.revenue',36,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(24,1,'liability',37,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(25,1,'tax.output',38,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(26,1,'tax',38,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(27,1,'employee.payable',39,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(28,1,'wages.withheld',40,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(29,1,'equity',41,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(30,1,'equity.opening',42,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(31,1,'retained_earnings',43,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(32,1,'sales',44,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(33,1,'sales.returns',45,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(34,1,'income',46,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(35,1,'interest.income',47,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(36,1,'cogs',48,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(37,1,'inventory.adjustment',49,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(38,1,'wages',50,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(39,1,'wages.employer',51,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(40,1,'depreciation',53,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(41,1,'bank.fees',54,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(42,1,'expense',55,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(43,1,'rounding.cash',56,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(44,1,'interest.expense',57,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(45,1,'fx.realised',58,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(46,1,'fx.unrealised',59,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(47,1,'rounding.fx',60,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(48,1,'tax.income',61,'','{}',NULL,1);
INSERT INTO "accounting_purpose_rule" VALUES(49,1,'expense',52,'','{"what":"rent"}',NULL,1);
CREATE TABLE accounting_roll_up (
	id INTEGER NOT NULL, 
	through BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "accounting_roll_up" VALUES(1,8);
CREATE TABLE beancount_account (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	position BIGINT NOT NULL, 
	booking TEXT, 
	meta TEXT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_beancount_account_id FOREIGN KEY(id) REFERENCES accounting_account (id)
);
INSERT INTO "beancount_account" VALUES(64,1,0,NULL,'[]');
INSERT INTO "beancount_account" VALUES(65,1,1,'FIFO','[]');
INSERT INTO "beancount_account" VALUES(67,1,2,NULL,'[]');
INSERT INTO "beancount_account" VALUES(69,1,3,NULL,'[]');
INSERT INTO "beancount_account" VALUES(71,1,4,NULL,'[]');
CREATE TABLE beancount_directive (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	ledger_id BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	"on" TEXT NOT NULL, 
	position BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_beancount_directive_ledger_id FOREIGN KEY(ledger_id) REFERENCES beancount_ledger (id)
);
INSERT INTO "beancount_directive" VALUES(1,1,1,'commodity','2024-01-01',0,'{"code":"VTI","exponent":0,"meta":[],"name":null}');
INSERT INTO "beancount_directive" VALUES(2,1,1,'balance','2024-02-03',1,'{"account":"Assets:Bank","code":"USD","meta":[],"number":"569.60","tolerance":null}');
CREATE TABLE beancount_entry (
	id INTEGER NOT NULL, 
	ledger_id BIGINT NOT NULL, 
	"key" TEXT NOT NULL, 
	flag TEXT NOT NULL, 
	payee TEXT, 
	narration TEXT NOT NULL, 
	tags TEXT NOT NULL, 
	links TEXT NOT NULL, 
	meta TEXT NOT NULL, 
	company_id BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_beancount_entry_company_id FOREIGN KEY(company_id) REFERENCES bo_company (id), 
	CONSTRAINT fk_beancount_entry_id FOREIGN KEY(id) REFERENCES accounting_entry (id), 
	CONSTRAINT fk_beancount_entry_ledger_id FOREIGN KEY(ledger_id) REFERENCES beancount_ledger (id)
);
INSERT INTO "beancount_entry" VALUES(32,1,'19eb19fb0f0d8e60caf2b5a878f42960c8ed3d31.1','*','Ann','Begin','["start"]','[]','[]',2);
INSERT INTO "beancount_entry" VALUES(33,1,'54ca460d6abb494772c7ff590ed940552d1e7b5e.1','*',NULL,'Buy','[]','[]','[]',2);
INSERT INTO "beancount_entry" VALUES(34,1,'7a9e8e6cc58e519717ff69e2d9a6619a893660de.1','*',NULL,'Sell','[]','[]','[]',2);
INSERT INTO "beancount_entry" VALUES(35,1,'7fee041e9b251993cc8c7b906a1cf4e94c2ac828.1','*','Diner','Lunch','[]','[]','[]',2);
CREATE TABLE beancount_ledger (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	title TEXT NOT NULL, 
	operating_currencies TEXT NOT NULL, 
	roots TEXT NOT NULL, 
	company_id BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_beancount_ledger_company_id FOREIGN KEY(company_id) REFERENCES bo_company (id)
);
INSERT INTO "beancount_ledger" VALUES(1,1,'ann.beancount','Ann''s','["USD"]','{"assets":"Assets","equity":"Equity","expenses":"Expenses","income":"Income","liabilities":"Liabilities"}',2);
CREATE TABLE beancount_lot (
	id INTEGER NOT NULL, 
	cost TEXT, 
	cost_currency TEXT, 
	acquired TEXT, 
	label TEXT, 
	price TEXT, 
	price_currency TEXT, 
	flag TEXT, 
	meta TEXT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_beancount_lot_id FOREIGN KEY(id) REFERENCES accounting_line (id)
);
INSERT INTO "beancount_lot" VALUES(95,'70.19','USD','2024-01-05','first',NULL,NULL,NULL,'[]');
INSERT INTO "beancount_lot" VALUES(97,'70.19','USD','2024-01-05','first','71','USD',NULL,'[]');
CREATE TABLE bo_commit (
	id INTEGER NOT NULL, 
	unit BIGINT NOT NULL, 
	at TEXT NOT NULL, 
	actor TEXT, 
	on_behalf_of TEXT, 
	plugins TEXT NOT NULL, 
	reason TEXT, 
	"key" TEXT, 
	request TEXT, 
	result TEXT, 
	correlation TEXT, 
	changes BLOB NOT NULL, 
	events TEXT, 
	salts BLOB NOT NULL, 
	redacted TEXT, 
	digest BLOB NOT NULL, 
	position BIGINT, 
	PRIMARY KEY (id)
);
INSERT INTO "bo_commit" VALUES(1,1,'2026-01-15T09:00:00.000000Z','migrate',NULL,'["accounting","beancount","bo"]','Migrations: bo 0001, accounting 0001, beancount 0001',NULL,NULL,NULL,NULL,X'5DEB7C43ABEE9C1EAA4F0DDFDF51590000001E117B2265223A5B5B22626F5F636F6D70616E79222C2273222C5B5D2C7B22656E74697479223A22626F5F636F6D70616E79222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22636F6465222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226E616D65222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B2263757272656E6379222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B227A6F6E65222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22636F756E747279222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226C6F63616C65222C2274657874222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B22626F5F63757272656E6379222C2273222C5B5D2C7B22656E74697479223A22626F5F63757272656E6379222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22636F6465222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226578706F6E656E74222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B226E616D65222C2274657874222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B22626F5F72617465222C2273222C5B5D2C7B22656E74697479223A22626F5F72617465222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2263757272656E6379222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22746F5F63757272656E6379222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226F6E222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B226B696E64222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22736F75726365222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B2272617465222C226E756D626572222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B22626F5F7061727479222C2273222C5B5D2C7B22656E74697479223A22626F5F7061727479222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22636F6465222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226E616D65222C2274657874222C6E756C6C2C312C6E756C6C5D2C5B226B696E64222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226C616E6775616765222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22616374697665222C22626F6F6C65616E222C6E756C6C2C302C6E756C6C5D2C5B225F73616C74222C226279746573222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B22626F5F70617274795F6964656E746966696572222C2273222C5B5D2C7B22656E74697479223A22626F5F70617274795F6964656E746966696572222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2270617274795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22736368656D65222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B2276616C7565222C2274657874222C6E756C6C2C312C6E756C6C5D2C5B225F73616C74222C226279746573222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B22626F5F70617274795F61646472657373222C2273222C5B5D2C7B22656E74697479223A22626F5F70617274795F61646472657373222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2270617274795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B226B696E64222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226C696E6573222C2274657874222C6E756C6C2C312C6E756C6C5D2C5B22706F7374636F6465222C2274657874222C6E756C6C2C312C6E756C6C5D2C5B2263697479222C2274657874222C6E756C6C2C312C6E756C6C5D2C5B22726567696F6E222C2274657874222C6E756C6C2C312C6E756C6C5D2C5B22636F756E747279222C2274657874222C6E756C6C2C312C6E756C6C5D2C5B225F73616C74222C226279746573222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B22626F5F64696D656E73696F6E5F736574222C2273222C5B5D2C7B22656E74697479223A22626F5F64696D656E73696F6E5F736574222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22646967657374222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B2276616C756573222C226A736F6E222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B22626F5F736572696573222C2273222C5B5D2C7B22656E74697479223A22626F5F736572696573222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22636F6465222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22636F6D70616E795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2273636F7065222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B227265736574222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B2274656D706C617465222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226761706C657373222C22626F6F6C65616E222C6E756C6C2C302C6E756C6C5D2C5B226368726F6E6F6C6F676963616C222C22626F6F6C65616E222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B22626F5F73657474696E67222C2273222C5B5D2C7B22656E74697479223A22626F5F73657474696E67222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22706C7567696E222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226E616D65222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B2276616C7565222C226A736F6E222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B22626F5F706572696F645F6C6F636B222C2273222C5B5D2C7B22656E74697479223A22626F5F706572696F645F6C6F636B222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22636F6D70616E795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2261726561222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B227468726F756768222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B2268617264222C22626F6F6C65616E222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B22626F5F766F7563686572222C2273222C5B5D2C7B22656E74697479223A22626F5F766F7563686572222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B226B6579222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226B696E64222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226E6174757265222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22646F63756D656E745F64617465222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B22706F7374696E675F64617465222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B227461785F64617465222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B226D6F766564222C22626F6F6C65616E222C6E756C6C2C302C6E756C6C5D2C5B22626F6F6B222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B227265766572736573222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22736F757263655F656E74697479222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22736F757263655F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22736F757263655F6576656E74222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22736F757263655F6C6162656C222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B2274657874222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22626F6479222C226A736F6E222C6E756C6C2C302C6E756C6C5D2C5B2272657175657374222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22756E69745F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22636F6D70616E795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B226163636F756E74696E675F6163636F756E74222C2273222C5B5D2C7B22656E74697479223A226163636F756E74696E675F6163636F756E74222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22636F6465222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226E616D65222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226B696E64222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22706172656E745F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22706F737461626C65222C22626F6F6C65616E222C6E756C6C2C302C6E756C6C5D2C5B2263757272656E63696573222C226A736F6E222C6E756C6C2C302C6E756C6C5D2C5B226F70656E6564222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B22636C6F736564222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B22636F6D70616E795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B226163636F756E74696E675F6A6F75726E616C222C2273222C5B5D2C7B22656E74697479223A226163636F756E74696E675F6A6F75726E616C222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22636F6465222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226E616D65222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22636F6D70616E795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B226163636F756E74696E675F66697363616C5F79656172222C2273222C5B5D2C7B22656E74697479223A226163636F756E74696E675F66697363616C5F79656172222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22636F6465222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B227374617274222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B22656E64222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B22636F6D70616E795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B226163636F756E74696E675F707572706F73655F72756C65222C2273222C5B5D2C7B22656E74697479223A226163636F756E74696E675F707572706F73655F72756C65222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22707572706F7365222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226163636F756E745F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22626F6F6B222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226B657973222C226A736F6E222C6E756C6C2C302C6E756C6C5D2C5B2273696E6365222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B22636F6D70616E795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B226163636F756E74696E675F636F6D6D6F64697479222C2273222C5B5D2C7B22656E74697479223A226163636F756E74696E675F636F6D6D6F64697479222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22636F6465222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226578706F6E656E74222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B226E616D65222C2274657874222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B226163636F756E74696E675F656E747279222C2273222C5B5D2C7B22656E74697479223A226163636F756E74696E675F656E747279222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B226A6F75726E616C5F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22706F7374696E675F64617465222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B22646F63756D656E745F64617465222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B2266697363616C5F79656172222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B226E756D626572222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B2274657874222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B227265666572656E6365222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226E6174757265222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22626F6F6B222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B2272657665727365735F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22766F75636865725F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22756E69745F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22636F6D70616E795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B226163636F756E74696E675F6C696E65222C2273222C5B5D2C7B22656E74697479223A226163636F756E74696E675F6C696E65222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22656E7472795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B226163636F756E745F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22616D6F756E74222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22616D6F756E745F63757272656E6379222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B2262617365222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22626173655F63757272656E6379222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B227175616E74697479222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B227175616E746974795F63757272656E6379222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22707572706F7365222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B2270617274795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2264696D735F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22647565222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B22746178222C226A736F6E222C6E756C6C2C302C6E756C6C5D2C5B22736572766963655F66726F6D222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B22736572766963655F746F222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B22706F736974696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22706F7374696E675F64617465222C2264617465222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B226265616E636F756E745F6C6564676572222C2273222C5B5D2C7B22656E74697479223A226265616E636F756E745F6C6564676572222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B226E616D65222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B227469746C65222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226F7065726174696E675F63757272656E63696573222C226A736F6E222C6E756C6C2C302C6E756C6C5D2C5B22726F6F7473222C226A736F6E222C6E756C6C2C302C6E756C6C5D2C5B22636F6D70616E795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B226265616E636F756E745F646972656374697665222C2273222C5B5D2C7B22656E74697479223A226265616E636F756E745F646972656374697665222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B226C65646765725F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B226B696E64222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226F6E222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B22706F736974696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22626F6479222C226A736F6E222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B226265616E636F756E745F6163636F756E74222C2273222C5B5D2C7B22656E74697479223A226265616E636F756E745F6163636F756E74222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B2276657273696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22706F736974696F6E222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22626F6F6B696E67222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226D657461222C226A736F6E222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B226265616E636F756E745F656E747279222C2273222C5B5D2C7B22656E74697479223A226265616E636F756E745F656E747279222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B226C65646765725F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B226B6579222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22666C6167222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B227061796565222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226E6172726174696F6E222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B2274616773222C226A736F6E222C6E756C6C2C302C6E756C6C5D2C5B226C696E6B73222C226A736F6E222C6E756C6C2C302C6E756C6C5D2C5B226D657461222C226A736F6E222C6E756C6C2C302C6E756C6C5D2C5B22636F6D70616E795F6964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D5D7D5D2C5B226265616E636F756E745F6C6F74222C2273222C5B5D2C7B22656E74697479223A226265616E636F756E745F6C6F74222C22706F736974696F6E73223A5B5B226964222C22696E7465676572222C6E756C6C2C302C6E756C6C5D2C5B22636F7374222C226E756D626572222C6E756C6C2C302C6E756C6C5D2C5B22636F73745F63757272656E6379222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226163717569726564222C2264617465222C6E756C6C2C302C6E756C6C5D2C5B226C6162656C222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B227072696365222C226E756D626572222C6E756C6C2C302C6E756C6C5D2C5B2270726963655F63757272656E6379222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B22666C6167222C2274657874222C6E756C6C2C302C6E756C6C5D2C5B226D657461222C226A736F6E222C6E756C6C2C302C6E756C6C5D5D7D5D5D2C2276223A317D',NULL,X'03784D7CFD44814D5B4679CABB559231782F2015BBCB0F7FE55DEE613E37FF872865C158F94B4EAEA76C4EBEDD024A1B2294FB8029246F4E6C8B76E4A765C9E7',NULL,X'3E53B2F86D3E840A586088C36D990E68F721B35CB450B1B8E624A5408018155C',0);
INSERT INTO "bo_commit" VALUES(2,2,'2026-01-15T09:00:00.000000Z','init',NULL,'["bo"]','First company',NULL,NULL,NULL,NULL,X'7AB3F6716D54E85C435A1317FCE7D8D20000002D7B2265223A5B5B22626F5F636F6D70616E79222C2269222C5B5B312C315D5D2C6E756C6C5D5D2C2276223A317DEC715DB935E09F4938537FF50A676B06',NULL,X'05D237B44636C7B17616D2F32B927E0B2901D13D20A1A6A482BDD47FFD124B297FC0CC68B97EC51EB36D4575B249AD4466DE5AB14A5FAA1C6CDB789D20E9A5CF',NULL,X'21AA4A4C24A985CC9E30D6550E049F27A67DD1AFF4D04751D9E1766F7151F8F7',1);
INSERT INTO "bo_commit" VALUES(3,3,'2026-01-15T09:00:00.000000Z','init',NULL,'["bo"]','First company',NULL,NULL,NULL,NULL,X'794A5E1D57E1D6FE077324056DCE1F540000002D7B2265223A5B5B22626F5F636F6D70616E79222C2269222C5B5B322C315D5D2C6E756C6C5D5D2C2276223A317DCA61C7E9CE2F163C05CA4EDA7084A52E',NULL,X'41219C005F89DA144AA9A7E7F6DB7C5EB227CEB7EBF89461808A3511567EDFA25DA42BD24414B709B66E6D22409DD919FA63F9CA911CD54C5F8E87A31837245E',NULL,X'69FE2D12CB9CB2C6AEBDC1819A09C0727F726B48FA41CCC7B2E887C5FCF88442',2);
INSERT INTO "bo_commit" VALUES(4,4,'2026-01-15T09:00:00.000000Z','ann',NULL,'["accounting"]','Chart of accounts',NULL,NULL,NULL,NULL,X'49094142177FB20E5FB4E869EAD2BD90000000647B2265223A5B5B226163636F756E74696E675F6163636F756E74222C2269222C5B5B312C36315D5D2C6E756C6C5D2C5B226163636F756E74696E675F707572706F73655F72756C65222C2269222C5B5B312C34395D5D2C6E756C6C5D5D2C2276223A317D8EF7A89CECF97605B1476B99D4ECD2EE72D617B64CB08C1780A047417BE31DEC06BC292C9B27AE64C2FC71ACF2EB21563872E4B3F6CD589963890751C652B6862D9CFFBFCD1A5814A664B75B1F07B71C9576EA0602ED83B5211597B2488CA02CF53EC2C58F29776DC7F9A214E497055C705D23147FBFA32AB750728CEE6C63B14863F220FAC7E5869148A501D4463420A8700F9541D96855DB2B00A30B007D6C7E4C2EDE8F8F2008DBD4960F5699A5E5C2726ABBF046679A294F07DB2A34B411A00CE8C64CA1E8E1E73BDC64310E8E8B1799649C21FD29C9D2D821408CF8456075CACD7A549A0BEA3542C1C07253E0B146FAB997FDF4CD3A25BF06F7FA7236FC59FF077BB8E53353F091E4CDF1E09168DC1FB29AA1017167F10EE3D46AD9275C4339510BDB4B7958D5887A0D1454AC0BADC3637FFE2C24D995CA47870520F3F2F9E3BE3EA9B8F1512EB0806598E5B1212431DFBB10DE8B48A79F6B640F2971C21A2FA2E2EF1561B6386D9988D9D21CD6175FB24F76F4DAF3E6905A3ED48E18D611B7FF7D8D10569BE61074514ED5CC2A7B248618EDB374E5AAE1B1DE51697EA5098623D7E79128EE7EFF420EBE489052C7FB737422BD4A01DF0D78B481EF41F83FB0E71B0AD464A1010B34996F16C46725BC7E94FB1C10BB71D1150AC1B31DC64C07AEC17C109E569342A3FEFA0C9F9B08BD5538CC808E2BD3E8CB3D52A1E119D85860BF67A6BFE7D695F641882BF32AFCA22A4FBE761073320C7F738F3987877B046E0587E49E6B34DB463E8572E06FAACE0AA73E4F2DBCC74B2071BC3DDD9A881DEA0A12790253EC66182BEF959481AB3BD6878947738518132DA9527202EC5B791367ADDB0605E40BEB0DC942688DCB64DA5E4066256562037E5BA8CA14EC3C1D323B032757BFF39EEED3F8B18A3D17F8367B432634CD22514E62D06D3B9AA0855C358AC332F827D6448A13B6EEA61200AB996C251256DC3356D87D5AA92B973DCEB579CA0D3EC0282488BB506DFC23203FB2FF58D7AD3E405801409DFB89ABB85351808D992B20B901137CE3213301382F327A22BC8BF591109961312549A1DC24BA25BA274003B075921C6880F1819C39740A9702D7F3F5E2331F895CBDE12A471357ECEE7F4843A59A7837F9FC575A4A5EA650D69B6F3A1767776DAD95B7E8A6DC75D685D5A51E739CA53759A97CBC50D4047112AD8CA984DFD03DDD2E31DBAA14EFD7B7BF9458312954ED504F8ECBB801B7A3D3A33A166800044F2F553169119DE28DA9E55979465A519B5BA23CD7E0A3F79C5E72759DF992F9633E57B3B69EF6D2DBB37A0BE70859CF055A263226409831393690DE3B659D9581E2E1E4336B262FCAB2149499D49CA177286DC1E33DA6B36BB834F6A6FE70E78B67141B961A7E6EB6D0A931C6BDD13D07510731C2B2B4F061E95BA75E85C4EF1379D30FAC4F94F39DDAEAD181AE94E58A356809A6A5A285CEA3DE5E417E37DA77804BFEC44CD7A64711083AE2DD9D58887E70E7AA28E3F97204F2D08F00AD228BAEA857B67BE9D79272626EADD0D9EA1CE2E3DE33E720212778E722B50D0D3DEDB6E17C847EDCD46AE728CF5B97B0BD1CA491A5CA3C16972AFC2ECFE42D608ADA3E283FB2AACB95079A2BB979F1EB3AA963BC64FCCCEAAD6BA3803FCDBACEF31A7EFE3B6C5742B710CD9EF4FD996DB1D3040EF39BF38A321BF6D47FC1F8D60DB3F22DD0E4F7ADE3E2939FB29876B3A78C1A30B207537AED5E354F5FF16856149F25D99D3A5C7FCB9E94EA89C5026094475839F994B4CA5CE6D9B574693F9EA6E2B3D24EBE1AEF1C24CAFAA66E4944391F4F6A0DE12E2FFADED663732F7BB2BC3E2D74224A5FCE53E993460374E4FC7C5DEBCB73887C5353B7C638633E91F1F2D768683D24B00369763BA514A8CBC3969196B101C1331FFA81DC115BE723991995B8E3E6373DB0B6C399390CE25E608BEA6587177289AF7A49AC3A4C40E5ECF987B2BF2F3734C781003734D7DFC4CBC4AE919BF6B18906816EA2B487B14AF7DCB82FA736B496019116452AC32D7C327C5DF871862B9450A9627202DCF9952FB7D218FBCAE9EACD043432BD0E81A66EE49E4A86993624709AB8C99CE7E0D4ED63631610046BC19B88FD4A25C29CF517C378738698C60F6F1CD197B5E4BFBF12142D497C0A19480F3273A099070E930604BA317ED5A5C403A239A71958C3E569DE02EC4264F05B3F31A6BF784BBC08E2DDFE6A2BC65D1D44A9CA2BE50DCC3B14C0E2C8D4A80A06A19BC2209B856810BC2BCEEAE31521DF032F47636402BF0F3E6204C24748944C15A95AC48E89513741C6FAEA7EA5753C67A8E7F88FEEA029506825ED9C00B13C0D41B1A951BFABC8BDBEDB8B3CFA938469C054841D7BE25DCAAD7E424B6C60BA1C3F10555B44F4D8E22E35D2991068B3EDB17138B0B463896705BBBFA67E55DFA7857EE95C3C5FE0414213CEDDB0F2533CDF82256A48461C63E06733C0',NULL,X'90FF6B225A43AB3D584D3A03E8FE4700740928A8722761B9BCE7256C69403DEF303E77381A74A4CE903FD0F0FF8D75426D2331DB5C71EBF195A97BEE35D21FF8',NULL,X'BBB12FB55DF30FEEF534355FE95C8FDC8FC37A674CCE1A8F98C4424E2AF3B071',3);
INSERT INTO "bo_commit" VALUES(5,5,'2026-01-15T09:00:00.000000Z','ann',NULL,'["bo"]','Customers and suppliers',NULL,NULL,NULL,NULL,X'D683FCFAAC85BEB9B1155F94106FE459000000487B2265223A5B5B22626F5F7061727479222C2269222C5B5B312C395D5D2C6E756C6C5D2C5B22626F5F72617465222C2269222C5B5B312C315D5D2C6E756C6C5D5D2C2276223A317D8DE8E4953645A155BC0EC10E8D52F09E4A2B8966C845F303D9FD2218D270491445350FE834B11AAA650D6AA451E0C72FDBC2A2042DA0C899B4B79EAA1B25FD35023C8B9237120CD40F124B79ADA65834599DBCCEAF577EAFCA3DFB20193459555E8BCFD792E67A923EEA0FE0DA00CE22A6E65DA8FABAE4C1E1ABB9D4322B350E7E7E98EBFBD83A320DC43C6AE8325BEBD8837DAB03291D59EC6FF7EB4812A799',NULL,X'0FD3461D14CEDA9B9EB76F251006CAFB824D7C7E6B1A02A2FFD63D6CAE75587B7E4369FDA0541498DE9D366D35EFE039BB90FFF44C38F8CD2681704971017117',NULL,X'2924ED4039F2857FC04526F014C04B05DDAD807C8CD35C06B8176E6AD4217CA7',4);
INSERT INTO "bo_commit" VALUES(6,6,'2026-01-15T09:00:00.000000Z','ann',NULL,'["accounting","bo"]','Opening balances',NULL,NULL,NULL,NULL,X'13E586AD75ECA1DFDDD97E8761EEE653000000BF7B2265223A5B5B226163636F756E74696E675F6A6F75726E616C222C2269222C5B5B312C315D5D2C6E756C6C5D2C5B22626F5F736572696573222C2269222C5B5B312C315D5D2C6E756C6C5D2C5B22626F5F766F7563686572222C2269222C5B5B312C315D5D2C6E756C6C5D2C5B226163636F756E74696E675F656E747279222C2269222C5B5B312C315D5D2C6E756C6C5D2C5B226163636F756E74696E675F6C696E65222C2269222C5B5B312C365D5D2C6E756C6C5D5D2C2276223A317DACBB4901B500501E375BBCEEF76DBDEB09799D5FD7E1D79F941A789892B140B09475478776326EB7E5D8755F51D197F6C56CA89704E63FC0CC0DC55819F2C41995FC4C1306702348B1F94D054ABFB88513A8D0A501160D10668A100F72ED42128D7E59E07CB16577483BB48A4888B0678A31DA48A7F963E2CB4B0558656D2F1CB271F069A0821BFBE17436DC08A117E21B5FB8791C9141D9A0DA72BE99539C04',NULL,X'FD129B7E6D92066D0124F4563CA39031DB2AF7592FFBF243B3320ADC15D3BBE5BE8A7934668A7F22E5DDEF4A9E4506045F98188EABFBA396F565F77C58EBC7A8',NULL,X'B9CB6D3FCF4421E83FB21BBCA49D82492125B215CFA985BDF42956328C2E26DF',5);
INSERT INTO "bo_commit" VALUES(7,7,'2026-01-15T09:00:00.000000Z','ann',NULL,'["accounting","bo"]','Week 1, from 2025-10-01',NULL,NULL,NULL,NULL,X'9CD322C104826F9DF949F7F7925A85D70000007B7B2265223A5B5B22626F5F766F7563686572222C2269222C5B5B322C31335D5D2C6E756C6C5D2C5B226163636F756E74696E675F656E747279222C2269222C5B5B322C31335D5D2C6E756C6C5D2C5B226163636F756E74696E675F6C696E65222C2269222C5B5B372C33385D5D2C6E756C6C5D5D2C2276223A317D7BEA0478A0C1159BEB230336F709F01986E95C389A4B19494F37FB9C70350410F01B56B9503FE56203D7ACB15D5378921FB38148EB77021B1653219532B61C3BC359B2ED3FACF785A2E47ABCC3A9D7339BAF708943E9C8687AA87953DF3F84914EE1B363B5AB73144AE28390DCCA23678557199729737E5FA77A7BADAE694FDE53395E50F36467676713FAF513EE5C053063E98473BE46152B3EAFBF68432EBD42864D538CCEE4464ABAD841F94135B9D4BCBBEAF6AA667B61B7B87BCA574A035020463D7546302EAFFED37463DE1256CBE849F5B2C0CEEE6C20B67A5157B097B1748487CDA7C3AA9CB895C82F06F8E20CB0E3E9D31DF060E074423968C1B4BB5C075D20048E1830BC37FA5C80989458252E35044D4DA1477DB1D6A63BCBBD4FBCA670BD5EC5DCC991E0032E63E481BAF71D8E7766A21022752D0BF9E31AA0EC7CAFE5A321B3F293DB8474B7E3971FA0E007C4818F8F6B2D7A2F6F159107A34A13F0FD29675E37F279E5DACFCC9E0919807B308CA563BCD4387F48BDE75A1367BBEBF8CBCF42ABE1EB71199B6F2E702C30B35CDC653FD3A4383A7E6D8B29C9471EC6F8A2AB612B852FF4B575B484B68B87DF543D270B4FA5143B11FF3564302D0D3CBBE39E73B4F2EC190AE37A16A0E5269C315332505EEAC50A041368690D65E8559F9E6FD6AB91C34E4C5B8E2EAA91517D276C2EDD7337C02556EC0608BE5814E83BBD29CB5CB1CB963E4393244227A1C7795F4559B1B9A034F8AA4411DC0E68A4FAE411CF3FEA4793BA22031DF728E0D7A5B6E4717739158AB94683DE705F1F8511B81FADAB07257625E60D051D054B6756AC34E578172D06C8168AF0A2EED38240DAA449B4AD08995003C9EE0BD1086E00FCC6EAAA57EABCC99FDA063B2227C03743629766C0CC0E898A97C5A1DD81318413B248BF309DE2BB5A71C11C930058F55147E93243C364D4D918BC5717AAEB6A9998E33C07D5E315910776F39F99B14FD5C8C810B206330030F4B692C6A93E6BAF91CC38C3ADF618BB76CF97C98F22C0A8F0D7C9533A13B5223139FED25039F4E879B1698F94574D35B874AE160B6BD15B3DD8EA7B37691577226CD46EABEA358988C282C5DC246A37A69FAB4F6092DC1D014F80B900E535FEE74C1246C256D6D9B504CB5B11976FD898EEE2D37884532E6F62EED5BADA31379FB13675F8E82FEE4B9992C5BCFBC1C342DE31C67199387052C278E7B9DE62215E376F388FF624F368E21C64D47FC2EFCA3C9061B02059C282BB6E72CD2D18CE29C88D2E3328688B965C4262F0E0D68CB6FB925DF57B664C57C95DA59E10A100F74D4D0BA7AE9C372A60C39535F3FD861E9C8014FEE44235A98BCE4AC52C6658BFC2E50BA8F253485733B76CC14355C0975D9666652B7B161CE577DF19D97DC3CA922C6EBA30F9A2541DDBA1C9E11564DE19341C',NULL,X'5DDB7C4C959689CE1AC896BCB861D21575D9F815779205744CE123C828C4E8EF523063D6326317D2D40FEF7E89A707E039FC218234B6BDFBE006F67DA50370FF',NULL,X'D50C298C4F83776C9749C03C2C134BA9EF85E6FB847BCBE64D12A18152834673',6);
INSERT INTO "bo_commit" VALUES(8,8,'2026-01-15T09:00:00.000000Z','ann',NULL,'["accounting","bo"]','Week 2, from 2025-10-08',NULL,NULL,NULL,NULL,X'F4D348C446E29E77FF4E324F9EC476770000007E7B2265223A5B5B22626F5F766F7563686572222C2269222C5B5B31352C31325D5D2C6E756C6C5D2C5B226163636F756E74696E675F656E747279222C2269222C5B5B31352C31325D5D2C6E756C6C5D2C5B226163636F756E74696E675F6C696E65222C2269222C5B5B34352C33365D5D2C6E756C6C5D5D2C2276223A317D4A6C00248D3D2A012F54AD7FCEC99897D30F891329A2CA2C0C14BB9445BA7369BFFA6AEBC8C564696AA35D2D6DFE3663DB2ECF0D30D57252F9F87EFAE80A8F66FD68BE9D1F6B2539BEB1E85EC629FE5FCE2F26C833B1C01F8F69D7C63AF2098FBE61090467D8F75D02FDFF6DFF0D902D6FB8ACBD15B7CDE6844C7B6D21ABC423A6CAF8531AAEB0FB80FFEBB7D48EC1E8B9CE2D40C94567E3BEA5A88BFFE0144C67E4B450A06C203218BE20D529E9BD8CCBA325422EE30F331E22AFDEBCCC00FCFD588F034CAA2CA33A9660A21D160180B49F11764178BE5C5284798787A7D5168471CE51DE8E7F8E3010EB155A9C44C7C003AEF9C81594FED7841E8219429997B2742A25929DAEFD19E4072B602AB9388752C2C2937720501A6081BFA9773EDB2CA990A779E57E2D420867871A3F73B472882B39D816E52EFF5A5FED15FBE0129523681632A62E96BA124DB4401407946F919F3517999F4D6A811B450E1DE184BF3FC16CB79148D2C09E49ACB38014E592F603B21CBCDAD04EDE3A9EE829A1E9FB1A7B5930F4845D47D794B055ECEF56D870BF6045FFA4D91D0B732AABDDCB8299CFCF7CE0C9979E686FDDF4FFADD23F295C1C7577CCBF6DD8878D5D3FDB30459ED0D49E513066908C8F799EFF3DC2DB2718DCA15696AC6E9AE7B0F0701043E85F8603073B0452AD4EBDBDA25C9A800DFFC439EFEE18AB7125246472E2633079788F97273850138B58C4B7A54636560BD798936A7A4B30D1B7A07B478CC7B68B68CB8CD1333C4D487839F255B186140D8919275E3435EEDEB5B0AFC01E38BBF08C8F70194632AF04A3C93E5D851A4832614B0799E84EF2DD273154CA88ED95B31C9D3D51F53E83836362315626E35D3217389D1188BDAC83CE6B8B96B6A53A22C7CB3084527F886BC20B11EF608BD04CF8B7704295235C601A172C8430708EECEFEEBA5D53131DAACEFF24792874FD9A38CAC7855F7873C2F0EEF4C893353E6EF49CE83CD74B899724DB1938F5337F431965EFD1BEE75843287E0ED65F9348F5A377F9D8EE9DD15E73A241809CB0A9F89284B25D38E0F92A168DA80DADF3AD5F0B07C63E277AA0A3539FF1A2D96FA8FB76B59269E24BA1629DDBE6A441EF522D4C808C3AA44C66C1EBDBC408898D46DBF01015761CAE017E37322EFF627754DD2BC30B422E38D58B0B8E4136CB738ED14CDE1C1C4EC5757D920AB2C8D4DA1481F8303E7A328D189C6D5092741070C37CC94181C5BF5491631B7FBA904417FF5F5AAAFF6D2F88943219592D53FE32CE6CF0C559AB0C46F4C923F014EDB0F5B3F4C872C006325DB7F9A141B34107225F1263876427825CC256A6C03E7DAAC0BB7A',NULL,X'1C9145639C7EDE4EA4508810897C449D6091A0CF2DA436E099F04F0CBC84ACDEBED07C73826AE08E029E15CC2056FA95DAC5CA348FC208833B23691F97D4C1F5',NULL,X'B629173CF010672F725A77F4BA70B23676AC8C12D653E29C28C8DE48F9663102',7);
INSERT INTO "bo_commit" VALUES(9,9,'2026-01-15T09:00:00.000000Z','bob',NULL,'["accounting","bo"]','Invoiced to the wrong customer',NULL,NULL,NULL,NULL,X'4A0A6B2C8FF84435CD70D5840CF255500000009F7B2265223A5B5B22626F5F706572696F645F6C6F636B222C2269222C5B5B312C315D5D2C6E756C6C5D2C5B22626F5F766F7563686572222C2269222C5B5B32372C315D5D2C6E756C6C5D2C5B226163636F756E74696E675F656E747279222C2269222C5B5B32372C315D5D2C6E756C6C5D2C5B226163636F756E74696E675F6C696E65222C2269222C5B5B38312C335D5D2C6E756C6C5D5D2C2276223A317D0073602D737984A60D880BFC061C79972DCDFA63AF9D81B9DA27859177E8DB5DFED3CF292E3FE974A95BC7DB4C6FA161C025185DCD47C694D606944116402F1007B9B2877D0033629C79206CA3B62E49BA85028CF762D1F45540708B0098B388',NULL,X'95F85DA59F49399987CC29C61DFD25220F6407336887915DFBFFAF45A714FE4D35FD3A834A2A40838D1A2FAD8D18F40311DCB1EF4E5ABA706DBB7105EBF05D6B',NULL,X'C258FF8041B9C9995E6ABBB937EDED7B6A5B010C8D5CE3A86089880BA0BE3005',8);
INSERT INTO "bo_commit" VALUES(10,10,'2026-01-15T09:00:00.000000Z','bob',NULL,'["accounting","bo"]','A late bill',NULL,NULL,NULL,NULL,X'7A0788C9FEF0906616C3CA7EA2720B0C000000A17B2265223A5B5B22626F5F766F7563686572222C2269222C5B5B32382C315D5D2C6E756C6C5D2C5B22626F5F64696D656E73696F6E5F736574222C2269222C5B5B312C315D5D2C6E756C6C5D2C5B226163636F756E74696E675F656E747279222C2269222C5B5B32382C315D5D2C6E756C6C5D2C5B226163636F756E74696E675F6C696E65222C2269222C5B5B38342C335D5D2C6E756C6C5D5D2C2276223A317D4B62497636D1BE8CB1432627D73BA5DC63E1BB156E8F56345F9D80BD511EB5A88F5D3D93641F4C24E25F8A2FAD9362F647600FAEEF8AF600BAEFA7357C5C601E93026E19725167366663B915DABFF5EA2DC5A09676326D22612E69A912108F51',NULL,X'FD2D1684AF7729BC60B9EFEBE28E6D5CCBAEE68D30DE3D7AC83F43C1C3EE784E877947CA9E7E4BF07669A02C1C6F35583E708170C9FCFD79FF6B0305B8CE1B28',NULL,X'7F34321277F26230980886BAEB287911CF49CA8772ADF72382A70C2DAF1CAF64',9);
INSERT INTO "bo_commit" VALUES(11,11,'2026-01-15T09:00:00.000000Z','ann',NULL,'["bo"]','A person',NULL,NULL,NULL,NULL,X'EB7721F6B04C1F5E65DB95C6C33BB5110000007B7B2265223A5B5B22626F5F7061727479222C2269222C5B5B31302C315D5D2C6E756C6C5D2C5B22626F5F70617274795F61646472657373222C2269222C5B5B312C315D5D2C6E756C6C5D2C5B22626F5F70617274795F6964656E746966696572222C2269222C5B5B312C325D5D2C6E756C6C5D5D2C2276223A317D847DA7CCF5EEBAC509A2F8646AE1495B692E2A2DFB4EE14FFCEB831E6280E53A093FB73E0432F27897EA32F99D59A809571487B3B8031DE2A7BAD1DE1BDF1143',NULL,X'C230188953D8E11F28488B57041E96DDE3A24281622977BDD4B1DC17B9C3A75C4B4A79DC0B0B7BB9F30BF87A2BAF5B713FB7E62EC98B1DCEBF8462ECE597C199',NULL,X'7ED1F5398F6D35DC9A52C84C39C0491776AB6DB6DA35B4313E1006165D25CE2B',10);
INSERT INTO "bo_commit" VALUES(12,12,'2026-01-15T09:00:00.000000Z','bob',NULL,'["bo"]','Moved',NULL,NULL,NULL,NULL,X'6BA508AAB849B6CA13DAF4043253F256000000F07B2265223A5B5B22626F5F70617274795F6964656E746966696572222C2264222C5B5B322C315D5D2C5B5B5B302C325D2C5B312C315D2C5B322C31305D2C5B332C22746178225D2C5B352C226633366339643237333039363461656531336261383565323733373664346633225D5D5D5D2C5B22626F5F70617274795F61646472657373222C2275222C5B5B312C315D5D2C5B5B5B312C312C325D2C5B392C226364373931623565386338633762633264666238313564663261353134333265222C223030613434343237613233343766373166623265323262646466343932643161225D5D5D5D5D2C2276223A317D5E66214E7F6D244239B80A09297DC862',NULL,X'9C53F1612B34BC3AF99CAE1B6517FB56650420E1FF474E7A228DFE6594A058B82B6C2912ECE8C35FA37A1D83119FD3D6F0343A901ACF0A8DF80D7DA132B0FC7C',NULL,X'0D05C49511669AB9E1A82ACD22B524C338295B9188AAEE25EEBF680E9DE574CB',11);
INSERT INTO "bo_commit" VALUES(13,13,'2026-01-15T09:00:00.000000Z','till',NULL,'["accounting","bo"]',NULL,'sale:5','479cb8ba3d4c2361517fdb886dd6d04fd64772316f5595ea30d5d5db0444ec50','{"key":"till:5"}',NULL,X'E350E3A3D312E4607C589DE1D618EA2D000000C27B2265223A5B5B226163636F756E74696E675F6A6F75726E616C222C2269222C5B5B322C315D5D2C6E756C6C5D2C5B22626F5F736572696573222C2269222C5B5B322C315D5D2C6E756C6C5D2C5B22626F5F766F7563686572222C2269222C5B5B32392C315D5D2C6E756C6C5D2C5B226163636F756E74696E675F656E747279222C2269222C5B5B32392C315D5D2C6E756C6C5D2C5B226163636F756E74696E675F6C696E65222C2269222C5B5B38372C325D5D2C6E756C6C5D5D2C2276223A317D2226EF624D7D2E03627264870CFF896A8C87663EEB84E381BBDD21369F32CC14D0E75F78E7BE6EC70E5198A023318DE1906B46D4AF623E0BBCF54352D0F50169BAC159C3FED396A7BC9B2D037BBF909405F55EFFD9AB0D2B3F4326207D9656FE',NULL,X'01088BAE9C2F39D0591737B37B0E9AFF24B4FD60CDE971FFCF595DDDA3402091CEE3B8627429AA19F9A3C2C6CA1E7DE4E77D16E115F3EC26B20C857863206E7E',NULL,X'39959BD27A31A0BD8D6230B4DDCE0FC587994031C73C8CFFBFD0D7E847601FC1',12);
INSERT INTO "bo_commit" VALUES(14,14,'2026-01-15T09:00:00.000000Z','ann',NULL,'["accounting","bo"]','Import journal.csv','import:accounting.journal-csv:DEMO:4465eadb2446094b1f5c9d1341cabac3c718681b17f7f0226d12d01fc1afe442','6ad4166cbb748a0b963329451d31e35794e309d299ac8399a48cec87dbe07826','{"added":{"accounting_account":1,"accounting_journal":1,"bo_series":1,"accounting_entry":2,"accounting_line":4},"repeated":false}',NULL,X'88730A6AAAB379EC9ACE8F3645C31024000000CA7B2265223A5B5B226163636F756E74696E675F6163636F756E74222C2269222C5B5B36322C315D5D2C6E756C6C5D2C5B226163636F756E74696E675F6A6F75726E616C222C2269222C5B5B332C315D5D2C6E756C6C5D2C5B22626F5F736572696573222C2269222C5B5B332C315D5D2C6E756C6C5D2C5B226163636F756E74696E675F656E747279222C2269222C5B5B33302C325D5D2C6E756C6C5D2C5B226163636F756E74696E675F6C696E65222C2269222C5B5B38392C345D5D2C6E756C6C5D5D2C2276223A317D5919F09814FC43607BE17FE9663EB7A4847751D37165B2F95834CA9C2D58D006B4AD69ED2BF3132FAABCC4768A37EAC9F3C5E9DECB8063EA8302A8A2CEB3F9EE1EA082686444F05F8F8AC404D99542AD09181EA33DFEEBA410DD18B0AB5C538FC2AF77B562A2673568CC502123BB25DD147B706D7BEB5EF217EFE9A3BA0CB480E0B29BE64C6F6ADB74D3C8287FE7B2CC',NULL,X'203F946C6D8FF20947BB9FE74F5C3F0C626313E9BF1018182EF77C23D618AFBC0C8585BAF4C8FA0E732CAFC9CE540FB2A5462746F2B8EE03591FF8B6A92FAD14',NULL,X'AA46FA4E9FEB4E26D5739019CCD972635582DECF760CE37A48E2CEBD2BA1A528',13);
INSERT INTO "bo_commit" VALUES(15,15,'2026-01-15T09:00:00.000000Z','ann',NULL,'["accounting","beancount","bo"]','Import ann.beancount','bo.run:fb513525-c5a0-4b3f-9144-c452fa3f8197','26c19658fdbf9de6b3a01366692a99777b2e5246e1660086c65b4f773c072096','{"added":{"beancount_ledger":1,"accounting_commodity":1,"accounting_account":9,"accounting_journal":1,"bo_series":1,"beancount_account":5,"beancount_directive":2,"accounting_entry":4,"accounting_line":9,"beancount_entry":4,"beancount_lot":2},"repeated":false}',NULL,X'6647164D729B3CECECBE932368499944000001D17B2265223A5B5B226265616E636F756E745F6C6564676572222C2269222C5B5B312C315D5D2C6E756C6C5D2C5B226163636F756E74696E675F636F6D6D6F64697479222C2269222C5B5B312C315D5D2C6E756C6C5D2C5B226163636F756E74696E675F6163636F756E74222C2269222C5B5B36332C395D5D2C6E756C6C5D2C5B226163636F756E74696E675F6A6F75726E616C222C2269222C5B5B342C315D5D2C6E756C6C5D2C5B22626F5F736572696573222C2269222C5B5B342C315D5D2C6E756C6C5D2C5B226265616E636F756E745F6163636F756E74222C2269222C5B5B36342C325D2C5B36372C315D2C5B36392C315D2C5B37312C315D5D2C6E756C6C5D2C5B226265616E636F756E745F646972656374697665222C2269222C5B5B312C325D5D2C6E756C6C5D2C5B226163636F756E74696E675F656E747279222C2269222C5B5B33322C345D5D2C6E756C6C5D2C5B226163636F756E74696E675F6C696E65222C2269222C5B5B39332C395D5D2C6E756C6C5D2C5B226265616E636F756E745F656E747279222C2269222C5B5B33322C345D5D2C6E756C6C5D2C5B226265616E636F756E745F6C6F74222C2269222C5B5B39352C315D2C5B39372C315D5D2C6E756C6C5D5D2C2276223A317D7837A847C5DFC1A6BA24CEAC8D5A462B6868D79468EE6CB0432FF78050A3F464A2B1D282534462C1352675436F2D8BC1E1F0428A6FE737F4AED7CA74E0230BFA9CD1BE0C15F70CB40A6D944FD9D41193EE09FFFF5EF78CE1EB88DC5D2E70598D8AB4AD3CC59DAED1A7BF8BAC34A0CA5EADFA35D2AC1BBA5FB3BAF08405737D32D46858D04B489E5F45A223513F27DB6B95C8A40A6DD6315DBFC964877F80010069616328DB71308C20711EC7A4D43720794A3135553232C9ACEA017E7D2B87D8298E6B8DC399F85B6CDDE93543B1F453DBD25BC51BEBF7848FDE9675B920566AF320F0335FAC7C8A2D0950B06E957CC124B293E774E5F3B9F9D5B820F2C18686AB212667E8ABA26C60FA79F7EE37D7BFFFC4AFDE7F63E83F1D91D2C4AB6E4970FB7188688DB2A13AAD8F3EDF3753E8A3C7CA1AA2181CA72C8EC6B42A9C3E3A2B91E4EFC90760AD661D84B3FB3FD6E869D5267D3E0729D49B046EC86A947E0640966C496FC1D0B5EEFED9E1FE0CE0B0675889585D78639A2424146488899F433C61CCA3CFF12135677C28A01C5D69A1F4E36073FF1626C1CA52FA63BEA06ED80C7A0094BCCD18F01906F1D2D155D3473EF2F9C70BAC5A3CD275D654EC93CA2DB22C652ECF38359E34C472EC67018B82BE384A801975277449F2D9DB35F9377EBA7CA4AB51F35FC57ADC518602C75650DC0BF90B4EFE701A35ED45E3975D4A30B877B77C3D20A96BE929CCA786DF9BA183941FA32ACAE1B8ECAA8A88DC6CC5AA0C6121AEF956101D6C0F225DC21A6E66AB2DC07F7DF9364AE210283BEC591A38C289D4B12D8ED6330C5FE297E9DEBDB4935D01C6869430B58B8655A0E52C7F3D37FEB15083D14ABE0B8D4E87E1F6CF9F0A',NULL,X'C28F15BF59FD10F20CF436F47E2EA44EE80040C6014A850C07711E208EAA6F8243ECEFE9A4DA5FC91A20399810980DF34588DD49769EF14B6138F2D0685640E8',NULL,X'2CE2FC8E667DDA20A54E84CACBF64E515D721E710E88DA140A155847FF66B6D9',14);
INSERT INTO "bo_commit" VALUES(16,16,'2026-01-15T09:00:00.000000Z','ann',NULL,'["bo"]','Not read by anybody yet',NULL,NULL,NULL,NULL,X'1BF987A849DECD49CDA4510BAD26C1E40000002C7B2265223A5B5B22626F5F7061727479222C2269222C5B5B31312C315D5D2C6E756C6C5D5D2C2276223A317D452F8A0E5946E0A96E4EEF84AF4DC6E0',NULL,X'AB090318EACAFDD8C72DD9D93F7CF478C704BCBABE3052E0FF4A72F3AD39557DD4BDDF2281BD70A100F49CFB1FA4C7685F94F3D86B42AD670F2859C8CADDE4A0',NULL,X'767798E0C74034E718FAC17D6A028FED9334D8628BEB9518C7B65F2C8FC9AF8E',NULL);
CREATE TABLE bo_company (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	code TEXT NOT NULL, 
	name TEXT NOT NULL, 
	currency TEXT NOT NULL, 
	zone TEXT NOT NULL, 
	country TEXT NOT NULL, 
	locale TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "bo_company" VALUES(1,1,'DEMO','Demo Trading Ltd','EUR','Europe/Vienna','','en');
INSERT INTO "bo_company" VALUES(2,1,'ANN','Ann','USD','UTC','','en');
CREATE TABLE bo_counter (
	series_id BIGINT NOT NULL, 
	period TEXT NOT NULL, 
	last BIGINT NOT NULL, 
	last_on TEXT, 
	PRIMARY KEY (series_id, period)
);
INSERT INTO "bo_counter" VALUES(1,'',28,'2025-11-01');
INSERT INTO "bo_counter" VALUES(2,'',1,'2026-01-15');
INSERT INTO "bo_counter" VALUES(3,'',2,'2026-02-03');
INSERT INTO "bo_counter" VALUES(4,'',4,'2024-02-01');
CREATE TABLE bo_currency (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	code TEXT NOT NULL, 
	exponent BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE bo_dimension_set (
	id INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	"values" TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "bo_dimension_set" VALUES(1,'ad809d71374b6be1011f6eda9d582d43','{"activity":"freight"}');
CREATE TABLE bo_feed (
	consumer TEXT NOT NULL, 
	position BIGINT NOT NULL, 
	PRIMARY KEY (consumer)
);
INSERT INTO "bo_feed" VALUES('crm',14);
CREATE TABLE bo_id (
	entity TEXT NOT NULL, 
	next BIGINT NOT NULL, 
	PRIMARY KEY (entity)
);
INSERT INTO "bo_id" VALUES('bo_commit',42);
INSERT INTO "bo_id" VALUES('bo_company',9);
INSERT INTO "bo_id" VALUES('accounting_account',169);
INSERT INTO "bo_id" VALUES('accounting_purpose_rule',81);
INSERT INTO "bo_id" VALUES('bo_party',42);
INSERT INTO "bo_id" VALUES('bo_rate',9);
INSERT INTO "bo_id" VALUES('bo_voucher',41);
INSERT INTO "bo_id" VALUES('accounting_journal',9);
INSERT INTO "bo_id" VALUES('accounting_entry',41);
INSERT INTO "bo_id" VALUES('accounting_line',173);
INSERT INTO "bo_id" VALUES('bo_series',9);
INSERT INTO "bo_id" VALUES('bo_period_lock',9);
INSERT INTO "bo_id" VALUES('bo_dimension_set',9);
INSERT INTO "bo_id" VALUES('bo_party_address',9);
INSERT INTO "bo_id" VALUES('bo_party_identifier',9);
INSERT INTO "bo_id" VALUES('accounting_commodity',9);
INSERT INTO "bo_id" VALUES('beancount_ledger',9);
INSERT INTO "bo_id" VALUES('beancount_directive',9);
CREATE TABLE bo_party (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	code TEXT, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	language TEXT NOT NULL, 
	active BOOLEAN NOT NULL, 
	_salt BLOB, 
	PRIMARY KEY (id)
);
INSERT INTO "bo_party" VALUES(1,1,NULL,'Rosehill Nurseries','organisation','',1,X'7D23353C06B5EA119D23C7713CFE543D');
INSERT INTO "bo_party" VALUES(2,1,NULL,'Patch & Bloom','organisation','',1,X'4A7F17BF0DC8532CEBEB7E354A452E2F');
INSERT INTO "bo_party" VALUES(3,1,NULL,'Northfield Gardens','organisation','',1,X'260A380727FD8A0C67BA9DCF2B78E752');
INSERT INTO "bo_party" VALUES(4,1,NULL,'Elm Street Hardware','organisation','',1,X'0CD6C59057DD216F2E3C9110B6CD2B10');
INSERT INTO "bo_party" VALUES(5,1,NULL,'Green Corner','organisation','',1,X'FD296552794A8DF3B9C5FD954338A88F');
INSERT INTO "bo_party" VALUES(6,1,NULL,'Orchard Supplies','organisation','',1,X'B3F85E7E6DF3446997B4E7A0D9A8A7A1');
INSERT INTO "bo_party" VALUES(7,1,NULL,'Steelworks Tools','organisation','',1,X'D4C7ADB82A2E9AC27B61624EFBB0EFA0');
INSERT INTO "bo_party" VALUES(8,1,NULL,'Handle & Co','organisation','',1,X'9D0ADBF06BEECB1C6CD5E8200D978D38');
INSERT INTO "bo_party" VALUES(9,1,NULL,'Fairway Freight','organisation','',1,X'FF2F89B6E09C2CA2473FB7E9850280F7');
INSERT INTO "bo_party" VALUES(10,1,'P1','Ünal Yılmaz','organisation','',1,X'314608CC8F39938C597E387C0864DA2C');
INSERT INTO "bo_party" VALUES(11,1,NULL,'New & Sons','organisation','',1,X'476B225EA13A98A62696017BB7321E3B');
CREATE TABLE bo_party_address (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	party_id BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	lines TEXT NOT NULL, 
	postcode TEXT NOT NULL, 
	city TEXT NOT NULL, 
	region TEXT NOT NULL, 
	country TEXT NOT NULL, 
	_salt BLOB, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_bo_party_address_party_id FOREIGN KEY(party_id) REFERENCES bo_party (id)
);
INSERT INTO "bo_party_address" VALUES(1,2,10,'main','Ring 2','1010','Wien','','AT',X'9069876235306D9002CEBD1D1466031A');
CREATE TABLE bo_party_identifier (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	party_id BIGINT NOT NULL, 
	scheme TEXT NOT NULL, 
	value TEXT NOT NULL, 
	_salt BLOB, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_bo_party_identifier_party_id FOREIGN KEY(party_id) REFERENCES bo_party (id)
);
INSERT INTO "bo_party_identifier" VALUES(1,1,10,'tax','123',X'1EF8DC749CABF8E0363AF5A062244D0D');
CREATE TABLE bo_period_lock (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	company_id BIGINT NOT NULL, 
	area TEXT NOT NULL, 
	through TEXT NOT NULL, 
	hard BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_bo_period_lock_company_id FOREIGN KEY(company_id) REFERENCES bo_company (id)
);
INSERT INTO "bo_period_lock" VALUES(1,1,1,'ledger','2025-10-31',0);
CREATE TABLE bo_plugin (
	prefix TEXT NOT NULL, 
	distribution TEXT NOT NULL, 
	version TEXT NOT NULL, 
	state TEXT NOT NULL, 
	PRIMARY KEY (prefix)
);
INSERT INTO "bo_plugin" VALUES('accounting','bocore-accounting','0.1.0','attached');
INSERT INTO "bo_plugin" VALUES('beancount','bocore-beancount','0.1.0','attached');
CREATE TABLE bo_rate (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	currency TEXT NOT NULL, 
	to_currency TEXT NOT NULL, 
	"on" TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	source TEXT NOT NULL, 
	rate TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "bo_rate" VALUES(1,1,'USD','EUR','2025-10-01','spot','demo','0.9');
CREATE TABLE bo_series (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	code TEXT NOT NULL, 
	company_id BIGINT, 
	scope TEXT NOT NULL, 
	reset TEXT NOT NULL, 
	template TEXT NOT NULL, 
	gapless BOOLEAN NOT NULL, 
	chronological BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_bo_series_company_id FOREIGN KEY(company_id) REFERENCES bo_company (id)
);
INSERT INTO "bo_series" VALUES(1,1,'accounting.entry',1,'1.2025','never','{journal}/{fiscal_year}/{n:05}',1,0);
INSERT INTO "bo_series" VALUES(2,1,'accounting.entry',1,'2.2026','never','{journal}/{fiscal_year}/{n:05}',1,0);
INSERT INTO "bo_series" VALUES(3,1,'accounting.entry',1,'3.2026','never','{journal}/{fiscal_year}/{n:05}',1,0);
INSERT INTO "bo_series" VALUES(4,1,'accounting.entry',2,'4.2024','never','{journal}/{fiscal_year}/{n:05}',1,0);
CREATE TABLE bo_setting (
	id INTEGER NOT NULL, 
	version BIGINT NOT NULL, 
	plugin TEXT NOT NULL, 
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE bo_shape (
	entity TEXT NOT NULL, 
	revision BIGINT NOT NULL, 
	definition TEXT NOT NULL, 
	unit BIGINT NOT NULL, 
	PRIMARY KEY (entity, revision)
);
INSERT INTO "bo_shape" VALUES('bo_company',1,'{"entity":"bo_company","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["code","text",null,0,null],["name","text",null,0,null],["currency","text",null,0,null],["zone","text",null,0,null],["country","text",null,0,null],["locale","text",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('bo_currency',1,'{"entity":"bo_currency","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["code","text",null,0,null],["exponent","integer",null,0,null],["name","text",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('bo_rate',1,'{"entity":"bo_rate","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["currency","text",null,0,null],["to_currency","text",null,0,null],["on","date",null,0,null],["kind","text",null,0,null],["source","text",null,0,null],["rate","number",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('bo_party',1,'{"entity":"bo_party","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["code","text",null,0,null],["name","text",null,1,null],["kind","text",null,0,null],["language","text",null,0,null],["active","boolean",null,0,null],["_salt","bytes",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('bo_party_identifier',1,'{"entity":"bo_party_identifier","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["party_id","integer",null,0,null],["scheme","text",null,0,null],["value","text",null,1,null],["_salt","bytes",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('bo_party_address',1,'{"entity":"bo_party_address","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["party_id","integer",null,0,null],["kind","text",null,0,null],["lines","text",null,1,null],["postcode","text",null,1,null],["city","text",null,1,null],["region","text",null,1,null],["country","text",null,1,null],["_salt","bytes",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('bo_dimension_set',1,'{"entity":"bo_dimension_set","positions":[["id","integer",null,0,null],["digest","text",null,0,null],["values","json",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('bo_series',1,'{"entity":"bo_series","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["code","text",null,0,null],["company_id","integer",null,0,null],["scope","text",null,0,null],["reset","text",null,0,null],["template","text",null,0,null],["gapless","boolean",null,0,null],["chronological","boolean",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('bo_setting',1,'{"entity":"bo_setting","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["plugin","text",null,0,null],["name","text",null,0,null],["value","json",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('bo_period_lock',1,'{"entity":"bo_period_lock","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["company_id","integer",null,0,null],["area","text",null,0,null],["through","date",null,0,null],["hard","boolean",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('bo_voucher',1,'{"entity":"bo_voucher","positions":[["id","integer",null,0,null],["key","text",null,0,null],["kind","text",null,0,null],["nature","text",null,0,null],["document_date","date",null,0,null],["posting_date","date",null,0,null],["tax_date","date",null,0,null],["moved","boolean",null,0,null],["book","text",null,0,null],["reverses","text",null,0,null],["source_entity","text",null,0,null],["source_id","integer",null,0,null],["source_event","text",null,0,null],["source_label","text",null,0,null],["text","text",null,0,null],["body","json",null,0,null],["request","text",null,0,null],["unit_id","integer",null,0,null],["company_id","integer",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('accounting_account',1,'{"entity":"accounting_account","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["code","text",null,0,null],["name","text",null,0,null],["kind","text",null,0,null],["parent_id","integer",null,0,null],["postable","boolean",null,0,null],["currencies","json",null,0,null],["opened","date",null,0,null],["closed","date",null,0,null],["company_id","integer",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('accounting_journal',1,'{"entity":"accounting_journal","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["code","text",null,0,null],["name","text",null,0,null],["company_id","integer",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('accounting_fiscal_year',1,'{"entity":"accounting_fiscal_year","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["code","integer",null,0,null],["start","date",null,0,null],["end","date",null,0,null],["company_id","integer",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('accounting_purpose_rule',1,'{"entity":"accounting_purpose_rule","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["purpose","text",null,0,null],["account_id","integer",null,0,null],["book","text",null,0,null],["keys","json",null,0,null],["since","date",null,0,null],["company_id","integer",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('accounting_commodity',1,'{"entity":"accounting_commodity","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["code","text",null,0,null],["exponent","integer",null,0,null],["name","text",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('accounting_entry',1,'{"entity":"accounting_entry","positions":[["id","integer",null,0,null],["journal_id","integer",null,0,null],["posting_date","date",null,0,null],["document_date","date",null,0,null],["fiscal_year","integer",null,0,null],["number","text",null,0,null],["text","text",null,0,null],["reference","text",null,0,null],["nature","text",null,0,null],["book","text",null,0,null],["reverses_id","integer",null,0,null],["voucher_id","integer",null,0,null],["unit_id","integer",null,0,null],["company_id","integer",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('accounting_line',1,'{"entity":"accounting_line","positions":[["id","integer",null,0,null],["entry_id","integer",null,0,null],["account_id","integer",null,0,null],["amount","integer",null,0,null],["amount_currency","text",null,0,null],["base","integer",null,0,null],["base_currency","text",null,0,null],["quantity","integer",null,0,null],["quantity_currency","text",null,0,null],["purpose","text",null,0,null],["party_id","integer",null,0,null],["dims_id","integer",null,0,null],["due","date",null,0,null],["tax","json",null,0,null],["service_from","date",null,0,null],["service_to","date",null,0,null],["position","integer",null,0,null],["posting_date","date",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('beancount_ledger',1,'{"entity":"beancount_ledger","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["name","text",null,0,null],["title","text",null,0,null],["operating_currencies","json",null,0,null],["roots","json",null,0,null],["company_id","integer",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('beancount_directive',1,'{"entity":"beancount_directive","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["ledger_id","integer",null,0,null],["kind","text",null,0,null],["on","date",null,0,null],["position","integer",null,0,null],["body","json",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('beancount_account',1,'{"entity":"beancount_account","positions":[["id","integer",null,0,null],["version","integer",null,0,null],["position","integer",null,0,null],["booking","text",null,0,null],["meta","json",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('beancount_entry',1,'{"entity":"beancount_entry","positions":[["id","integer",null,0,null],["ledger_id","integer",null,0,null],["key","text",null,0,null],["flag","text",null,0,null],["payee","text",null,0,null],["narration","text",null,0,null],["tags","json",null,0,null],["links","json",null,0,null],["meta","json",null,0,null],["company_id","integer",null,0,null]]}',1);
INSERT INTO "bo_shape" VALUES('beancount_lot',1,'{"entity":"beancount_lot","positions":[["id","integer",null,0,null],["cost","number",null,0,null],["cost_currency","text",null,0,null],["acquired","date",null,0,null],["label","text",null,0,null],["price","number",null,0,null],["price_currency","text",null,0,null],["flag","text",null,0,null],["meta","json",null,0,null]]}',1);
CREATE TABLE bo_version_accounting (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO "bo_version_accounting" VALUES('0001');
CREATE TABLE bo_version_beancount (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO "bo_version_beancount" VALUES('0001');
CREATE TABLE bo_version_bo (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO "bo_version_bo" VALUES('0001');
CREATE TABLE bo_voucher (
	id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	nature TEXT NOT NULL, 
	document_date TEXT NOT NULL, 
	posting_date TEXT NOT NULL, 
	tax_date TEXT, 
	moved BOOLEAN NOT NULL, 
	book TEXT, 
	reverses TEXT, 
	source_entity TEXT NOT NULL, 
	source_id BIGINT, 
	source_event TEXT NOT NULL, 
	source_label TEXT NOT NULL, 
	text TEXT NOT NULL, 
	body TEXT NOT NULL, 
	request TEXT NOT NULL, 
	unit_id BIGINT NOT NULL, 
	company_id BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT fk_bo_voucher_company_id FOREIGN KEY(company_id) REFERENCES bo_company (id)
);
INSERT INTO "bo_voucher" VALUES(1,'demo.opening:2025-10:1','demo.opening','opening','2025-10-01','2025-10-01',NULL,0,NULL,NULL,'',NULL,'','','Opening balances','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-01","text":"Opening balances"},"lines":[{"amount":[2500000,"EUR",2],"base":[2500000,"EUR",2],"filled":true,"purpose":"bank"},{"amount":[40000,"EUR",2],"base":[40000,"EUR",2],"filled":true,"purpose":"cash"},{"amount":[800000,"EUR",2],"base":[800000,"EUR",2],"filled":true,"purpose":"inventory"},{"amount":[1200000,"EUR",2],"base":[1200000,"EUR",2],"filled":true,"purpose":"asset.cost"},{"amount":[-200000,"EUR",2],"base":[-200000,"EUR",2],"filled":true,"purpose":"asset.accdep"},{"amount":[-4340000,"EUR",2],"base":[-4340000,"EUR",2],"filled":true,"purpose":"equity.opening"}],"v":1}','4e5916e0a8832312cada51c5a8101ae5b2b931a7f6fec68e312d8e9ce34fc524',6,1);
INSERT INTO "bo_voucher" VALUES(2,'demo.sale:2025-10:1','demo.sale','normal','2025-10-01','2025-10-01',NULL,0,NULL,NULL,'',NULL,'','','Invoice 1','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-01","text":"Invoice 1"},"lines":[{"amount":[33502,"EUR",2],"base":[33502,"EUR",2],"due":"2025-10-22","filled":true,"opens":"demo:invoice:2025-10:1","party":2,"purpose":"receivable"},{"amount":[-27919,"EUR",2],"base":[-27919,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-5583,"EUR",2],"base":[-5583,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-27919,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-5583,"EUR",2]}}],"v":1}','8b26dfe0c4bb3a4e1518fefcc0ec676bd7f52031561460a08707f6f5f2605362',7,1);
INSERT INTO "bo_voucher" VALUES(3,'demo.rent:2025-10:1','demo.rent','normal','2025-10-01','2025-10-01',NULL,0,NULL,NULL,'',NULL,'','','Rent of the warehouse','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-01","text":"Rent of the warehouse"},"lines":[{"amount":[180000,"EUR",2],"base":[180000,"EUR",2],"by":{"what":"rent"},"filled":true,"purpose":"expense","service":["2025-10-01","2025-10-31"]},{"amount":[-180000,"EUR",2],"base":[-180000,"EUR",2],"filled":true,"purpose":"bank"}],"v":1}','3623069b25f66e3d2aa36330f7d0826e6efffbbbc3af7693f11bb3390a8afab8',7,1);
INSERT INTO "bo_voucher" VALUES(4,'demo.sale:2025-10:2','demo.sale','normal','2025-10-02','2025-10-02',NULL,0,NULL,NULL,'',NULL,'','','Invoice 2','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-02","text":"Invoice 2"},"lines":[{"amount":[43005,"EUR",2],"base":[43005,"EUR",2],"due":"2025-10-23","filled":true,"opens":"demo:invoice:2025-10:2","party":3,"purpose":"receivable"},{"amount":[-35838,"EUR",2],"base":[-35838,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-7167,"EUR",2],"base":[-7167,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-35838,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-7167,"EUR",2]}}],"v":1}','584486d54e224ab90bf5bd6a92359885ccca237b2a020f6d5df80297a8df6fed',7,1);
INSERT INTO "bo_voucher" VALUES(5,'demo.bill:2025-10:1','demo.bill','normal','2025-10-02','2025-10-02',NULL,0,NULL,NULL,'',NULL,'','','Bill 1','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-02","text":"Bill 1"},"lines":[{"amount":[64831,"EUR",2],"base":[64831,"EUR",2],"filled":true,"purpose":"inventory"},{"amount":[12966,"EUR",2],"base":[12966,"EUR",2],"filled":true,"purpose":"tax.input","tax":{"base":[64831,"EUR",2],"code":"P20","direction":"input","on":null,"rate":"20","registration":"","tax":[12966,"EUR",2]}},{"amount":[-77797,"EUR",2],"base":[-77797,"EUR",2],"due":"2025-10-16","filled":true,"opens":"demo:bill:2025-10:1","party":8,"purpose":"payable"}],"v":1}','4bff6be6773cf8fe044318c2d5f0c90d281b493a42f5b0fbad9a0ff03114efdd',7,1);
INSERT INTO "bo_voucher" VALUES(6,'demo.sale:2025-10:3','demo.sale','normal','2025-10-03','2025-10-03',NULL,0,NULL,NULL,'',NULL,'','','Invoice 3','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-03","text":"Invoice 3"},"lines":[{"amount":[52508,"EUR",2],"base":[52508,"EUR",2],"due":"2025-10-24","filled":true,"opens":"demo:invoice:2025-10:3","party":4,"purpose":"receivable"},{"amount":[-43757,"EUR",2],"base":[-43757,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-8751,"EUR",2],"base":[-8751,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-43757,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-8751,"EUR",2]}}],"v":1}','0799c7adb16b18dea619f5e381a697a8c04d87dd2230b84a1e1a2160708c94f4',7,1);
INSERT INTO "bo_voucher" VALUES(7,'demo.sale:2025-10:4','demo.sale','normal','2025-10-03','2025-10-03',NULL,0,NULL,NULL,'',NULL,'','','Invoice 4','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-03","text":"Invoice 4"},"lines":[{"amount":[62011,"EUR",2],"base":[62011,"EUR",2],"due":"2025-10-24","filled":true,"opens":"demo:invoice:2025-10:4","party":5,"purpose":"receivable"},{"amount":[-51676,"EUR",2],"base":[-51676,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-10335,"EUR",2],"base":[-10335,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-51676,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-10335,"EUR",2]}}],"v":1}','e944481afaa023ae29735501366b1d4938d6e9cbe2f1d64f62d8f80f27d7f391',7,1);
INSERT INTO "bo_voucher" VALUES(8,'demo.sale:2025-10:5','demo.sale','normal','2025-10-04','2025-10-04',NULL,0,NULL,NULL,'',NULL,'','','Cash sale 5','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-04","text":"Cash sale 5"},"lines":[{"amount":[25914,"EUR",2],"base":[25914,"EUR",2],"filled":true,"purpose":"cash"},{"amount":[-21595,"EUR",2],"base":[-21595,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-4319,"EUR",2],"base":[-4319,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-21595,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-4319,"EUR",2]}}],"v":1}','f10bd6adb0b1470a7250cd8d16fa3370ec88cb6a68bda2482c8c12f0721869f6',7,1);
INSERT INTO "bo_voucher" VALUES(9,'demo.sale:2025-10:6','demo.sale','normal','2025-10-05','2025-10-05',NULL,0,NULL,NULL,'',NULL,'','','Invoice 6','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-05","text":"Invoice 6"},"lines":[{"amount":[35416,"EUR",2],"base":[35416,"EUR",2],"due":"2025-10-26","filled":true,"opens":"demo:invoice:2025-10:6","party":1,"purpose":"receivable"},{"amount":[-29514,"EUR",2],"base":[-29514,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-5902,"EUR",2],"base":[-5902,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-29514,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-5902,"EUR",2]}}],"v":1}','b4df25e1d1fc62c7a0f9b3762cfd40203c77bf6d2cc89fd994c1711426402917',7,1);
INSERT INTO "bo_voucher" VALUES(10,'demo.sale:2025-10:7','demo.sale','normal','2025-10-05','2025-10-05',NULL,0,NULL,NULL,'',NULL,'','','Invoice 7','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-05","text":"Invoice 7"},"lines":[{"amount":[44919,"EUR",2],"base":[44919,"EUR",2],"due":"2025-10-26","filled":true,"opens":"demo:invoice:2025-10:7","party":2,"purpose":"receivable"},{"amount":[-37433,"EUR",2],"base":[-37433,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-7486,"EUR",2],"base":[-7486,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-37433,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-7486,"EUR",2]}}],"v":1}','86f96cf122a4f911064d604952cdea6e7729fc2adc4fea0e58273d1c7019738f',7,1);
INSERT INTO "bo_voucher" VALUES(11,'demo.sale:2025-10:8','demo.sale','normal','2025-10-06','2025-10-06',NULL,0,NULL,NULL,'',NULL,'','','Invoice 8','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-06","text":"Invoice 8"},"lines":[{"amount":[54422,"EUR",2],"base":[54422,"EUR",2],"due":"2025-10-27","filled":true,"opens":"demo:invoice:2025-10:8","party":3,"purpose":"receivable"},{"amount":[-45352,"EUR",2],"base":[-45352,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-9070,"EUR",2],"base":[-9070,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-45352,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-9070,"EUR",2]}}],"v":1}','3fda95767606617acc8c1dcaf7f1e252ac3c7c6abd866e45d4df552fe9e2695b',7,1);
INSERT INTO "bo_voucher" VALUES(12,'demo.bill:2025-10:2','demo.bill','normal','2025-10-06','2025-10-06',NULL,0,NULL,NULL,'',NULL,'','','Bill 2','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-06","text":"Bill 2"},"lines":[{"amount":[69662,"EUR",2],"base":[69662,"EUR",2],"filled":true,"purpose":"inventory"},{"amount":[13932,"EUR",2],"base":[13932,"EUR",2],"filled":true,"purpose":"tax.input","tax":{"base":[69662,"EUR",2],"code":"P20","direction":"input","on":null,"rate":"20","registration":"","tax":[13932,"EUR",2]}},{"amount":[-83594,"EUR",2],"base":[-83594,"EUR",2],"due":"2025-10-20","filled":true,"opens":"demo:bill:2025-10:2","party":9,"purpose":"payable"}],"v":1}','1d10903a19206cf7bf004491dd97a3b15cf02fdfe753b07d721dfaada6243d6f',7,1);
INSERT INTO "bo_voucher" VALUES(13,'demo.sale:2025-10:9','demo.sale','normal','2025-10-07','2025-10-07',NULL,0,NULL,NULL,'',NULL,'','','Invoice 9','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-07","text":"Invoice 9"},"lines":[{"amount":[63925,"EUR",2],"base":[63925,"EUR",2],"due":"2025-10-28","filled":true,"opens":"demo:invoice:2025-10:9","party":4,"purpose":"receivable"},{"amount":[-53271,"EUR",2],"base":[-53271,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-10654,"EUR",2],"base":[-10654,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-53271,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-10654,"EUR",2]}}],"v":1}','c528134a1feb5a16b8f9c73221cebddb8fc50881974971dc132298a7d33068c2',7,1);
INSERT INTO "bo_voucher" VALUES(14,'demo.sale:2025-10:10','demo.sale','normal','2025-10-07','2025-10-07',NULL,0,NULL,NULL,'',NULL,'','','Cash sale 10','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-07","text":"Cash sale 10"},"lines":[{"amount":[27828,"EUR",2],"base":[27828,"EUR",2],"filled":true,"purpose":"cash"},{"amount":[-23190,"EUR",2],"base":[-23190,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-4638,"EUR",2],"base":[-4638,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-23190,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-4638,"EUR",2]}}],"v":1}','a0aea65fee85a6597d4ad5c7162d5d4c322ff1faa1b07907a0f9dbd12cd35cdc',7,1);
INSERT INTO "bo_voucher" VALUES(15,'demo.sale:2025-10:11','demo.sale','normal','2025-10-08','2025-10-08',NULL,0,NULL,NULL,'',NULL,'','','Invoice 11','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-08","text":"Invoice 11"},"lines":[{"amount":[37330,"EUR",2],"base":[37330,"EUR",2],"due":"2025-10-29","filled":true,"opens":"demo:invoice:2025-10:11","party":6,"purpose":"receivable"},{"amount":[-31109,"EUR",2],"base":[-31109,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-6221,"EUR",2],"base":[-6221,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-31109,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-6221,"EUR",2]}}],"v":1}','76e8fe393eb75d286491a09d6d5c2f9b7feb15a4ad9c81c2456862b547ff60d8',8,1);
INSERT INTO "bo_voucher" VALUES(16,'demo.sale:2025-10:12','demo.sale','normal','2025-10-09','2025-10-09',NULL,0,NULL,NULL,'',NULL,'','','Invoice 12','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-09","text":"Invoice 12"},"lines":[{"amount":[46833,"EUR",2],"base":[46833,"EUR",2],"due":"2025-10-30","filled":true,"opens":"demo:invoice:2025-10:12","party":1,"purpose":"receivable"},{"amount":[-39028,"EUR",2],"base":[-39028,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-7805,"EUR",2],"base":[-7805,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-39028,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-7805,"EUR",2]}}],"v":1}','abe142deeb819fc9afe3882b83c059fecc1da09306054f1111ef16525c338c9a',8,1);
INSERT INTO "bo_voucher" VALUES(17,'demo.bill:2025-10:3','demo.bill','normal','2025-10-09','2025-10-09',NULL,0,NULL,NULL,'',NULL,'','','Bill 3','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-09","text":"Bill 3"},"lines":[{"amount":[74493,"EUR",2],"base":[74493,"EUR",2],"filled":true,"purpose":"inventory"},{"amount":[14898,"EUR",2],"base":[14898,"EUR",2],"filled":true,"purpose":"tax.input","tax":{"base":[74493,"EUR",2],"code":"P20","direction":"input","on":null,"rate":"20","registration":"","tax":[14898,"EUR",2]}},{"amount":[-89391,"EUR",2],"base":[-89391,"EUR",2],"due":"2025-10-23","filled":true,"opens":"demo:bill:2025-10:3","party":7,"purpose":"payable"}],"v":1}','006ce34cfbf7d77a2c883bc6f7eea1b565233a400fbab31e415bff6b96f168b1',8,1);
INSERT INTO "bo_voucher" VALUES(18,'demo.sale:2025-10:13','demo.sale','normal','2025-10-10','2025-10-10',NULL,0,NULL,NULL,'',NULL,'','','Invoice 13','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-10","text":"Invoice 13"},"lines":[{"amount":[56336,"EUR",2],"base":[56336,"EUR",2],"due":"2025-10-31","filled":true,"opens":"demo:invoice:2025-10:13","party":2,"purpose":"receivable"},{"amount":[-46947,"EUR",2],"base":[-46947,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-9389,"EUR",2],"base":[-9389,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-46947,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-9389,"EUR",2]}}],"v":1}','5bc3400952bf79eccb92e6e904b8b822cd16bc5d787da304240203ad5eff34f6',8,1);
INSERT INTO "bo_voucher" VALUES(19,'demo.sale:2025-10:14','demo.sale','normal','2025-10-10','2025-10-10',NULL,0,NULL,NULL,'',NULL,'','','Invoice 14','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-10","text":"Invoice 14"},"lines":[{"amount":[65839,"EUR",2],"base":[65839,"EUR",2],"due":"2025-10-31","filled":true,"opens":"demo:invoice:2025-10:14","party":3,"purpose":"receivable"},{"amount":[-54866,"EUR",2],"base":[-54866,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-10973,"EUR",2],"base":[-10973,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-54866,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-10973,"EUR",2]}}],"v":1}','7d55209a145a4801119a10db558b9be6374cc642089ca46e4ce1ceee37285610',8,1);
INSERT INTO "bo_voucher" VALUES(20,'demo.sale:2025-10:15','demo.sale','normal','2025-10-11','2025-10-11',NULL,0,NULL,NULL,'',NULL,'','','Cash sale 15','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-11","text":"Cash sale 15"},"lines":[{"amount":[29742,"EUR",2],"base":[29742,"EUR",2],"filled":true,"purpose":"cash"},{"amount":[-24785,"EUR",2],"base":[-24785,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-4957,"EUR",2],"base":[-4957,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-24785,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-4957,"EUR",2]}}],"v":1}','02b5ba289185a0aeb9fa47bf11136772c8b56268c841885a6307cd36a5d89b7b',8,1);
INSERT INTO "bo_voucher" VALUES(21,'demo.sale:2025-10:16','demo.sale','normal','2025-10-12','2025-10-12',NULL,0,NULL,NULL,'',NULL,'','','Invoice 16','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-12","text":"Invoice 16"},"lines":[{"amount":[39244,"EUR",2],"base":[39244,"EUR",2],"due":"2025-11-02","filled":true,"opens":"demo:invoice:2025-10:16","party":5,"purpose":"receivable"},{"amount":[-32704,"EUR",2],"base":[-32704,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-6540,"EUR",2],"base":[-6540,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-32704,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-6540,"EUR",2]}}],"v":1}','7cd0132b0fd9f80500d6d904f1976ad52c32f2038c34d88a8ea32a3e0bd0a5c9',8,1);
INSERT INTO "bo_voucher" VALUES(22,'demo.sale:2025-10:17','demo.sale','normal','2025-10-12','2025-10-12',NULL,0,NULL,NULL,'',NULL,'','','Invoice 17','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-12","text":"Invoice 17"},"lines":[{"amount":[48747,"EUR",2],"base":[48747,"EUR",2],"due":"2025-11-02","filled":true,"opens":"demo:invoice:2025-10:17","party":6,"purpose":"receivable"},{"amount":[-40623,"EUR",2],"base":[-40623,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-8124,"EUR",2],"base":[-8124,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-40623,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-8124,"EUR",2]}}],"v":1}','eda9b4cb5355b65f01fbebb5c9b35e227461efe69a32fcc26b0ee32d5039a3b7',8,1);
INSERT INTO "bo_voucher" VALUES(23,'demo.sale:2025-10:18','demo.sale','normal','2025-10-13','2025-10-13',NULL,0,NULL,NULL,'',NULL,'','','Invoice 18','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-13","text":"Invoice 18"},"lines":[{"amount":[58250,"EUR",2],"base":[58250,"EUR",2],"due":"2025-11-03","filled":true,"opens":"demo:invoice:2025-10:18","party":1,"purpose":"receivable"},{"amount":[-48542,"EUR",2],"base":[-48542,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-9708,"EUR",2],"base":[-9708,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-48542,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-9708,"EUR",2]}}],"v":1}','9bb92902d974d48dc0e1c678e53226475338192705b0bf99a15e426195b9d03b',8,1);
INSERT INTO "bo_voucher" VALUES(24,'demo.bill:2025-10:4','demo.bill','normal','2025-10-13','2025-10-13',NULL,0,NULL,NULL,'',NULL,'','','Bill 4','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-13","text":"Bill 4"},"lines":[{"amount":[79324,"EUR",2],"base":[79324,"EUR",2],"filled":true,"purpose":"inventory"},{"amount":[15864,"EUR",2],"base":[15864,"EUR",2],"filled":true,"purpose":"tax.input","tax":{"base":[79324,"EUR",2],"code":"P20","direction":"input","on":null,"rate":"20","registration":"","tax":[15864,"EUR",2]}},{"amount":[-95188,"EUR",2],"base":[-95188,"EUR",2],"due":"2025-10-27","filled":true,"opens":"demo:bill:2025-10:4","party":8,"purpose":"payable"}],"v":1}','918aab091a38ce783de85d5c0c5e7e9a43c521747f23c7ee8c9ba8fb7eaeab51',8,1);
INSERT INTO "bo_voucher" VALUES(25,'demo.sale:2025-10:19','demo.sale','normal','2025-10-14','2025-10-14',NULL,0,NULL,NULL,'',NULL,'','','Invoice 19','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-14","text":"Invoice 19"},"lines":[{"amount":[67753,"EUR",2],"base":[67753,"EUR",2],"due":"2025-11-04","filled":true,"opens":"demo:invoice:2025-10:19","party":2,"purpose":"receivable"},{"amount":[-56461,"EUR",2],"base":[-56461,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-11292,"EUR",2],"base":[-11292,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-56461,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-11292,"EUR",2]}}],"v":1}','82a7c604fb3fef20c07c1ff2b61e5be7b107e3eb2b5625c2d67bc4849e7c2057',8,1);
INSERT INTO "bo_voucher" VALUES(26,'demo.sale:2025-10:20','demo.sale','normal','2025-10-14','2025-10-14',NULL,0,NULL,NULL,'',NULL,'','','Cash sale 20','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":"2025-10-14","text":"Cash sale 20"},"lines":[{"amount":[31656,"EUR",2],"base":[31656,"EUR",2],"filled":true,"purpose":"cash"},{"amount":[-26380,"EUR",2],"base":[-26380,"EUR",2],"filled":true,"purpose":"sales"},{"amount":[-5276,"EUR",2],"base":[-5276,"EUR",2],"filled":true,"purpose":"tax.output","tax":{"base":[-26380,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[-5276,"EUR",2]}}],"v":1}','0771122dffa8ce1f26fe2dbd8cabd2dcf18dd4aef0d17736f84e7c9f8a71e6e0',8,1);
INSERT INTO "bo_voucher" VALUES(27,'demo.sale:2025-10:7:reversal','demo.sale','normal','2025-10-05','2025-10-05',NULL,0,NULL,'demo.sale:2025-10:7','',NULL,'','','Reversal: Invoiced to the wrong customer','{"asked":{"document_date":"2025-10-05","if_closed":"next_open","label":null,"posting_date":"2025-10-05","text":"Reversal: Invoiced to the wrong customer"},"lines":[{"amount":[-44919,"EUR",2],"base":[-44919,"EUR",2],"party":2,"purpose":"receivable","settles":"demo:invoice:2025-10:7"},{"amount":[37433,"EUR",2],"base":[37433,"EUR",2],"purpose":"sales"},{"amount":[7486,"EUR",2],"base":[7486,"EUR",2],"purpose":"tax.output","tax":{"base":[37433,"EUR",2],"code":"S20","direction":"output","on":null,"rate":"20","registration":"","tax":[7486,"EUR",2]}}],"v":1}','8657c5165263d076dae4042a168ca8cb5430284bdf4fdf0b9293fde48818b5e8',9,1);
INSERT INTO "bo_voucher" VALUES(28,'demo.bill:2025-10:27','demo.bill','normal','2025-10-31','2025-11-01',NULL,1,NULL,NULL,'',NULL,'','','Freight, billed late','{"asked":{"document_date":null,"if_closed":"next_open","label":null,"posting_date":"2025-10-31","text":"Freight, billed late"},"lines":[{"amount":[32000,"EUR",2],"base":[32000,"EUR",2],"dims":{"activity":"freight"},"filled":true,"purpose":"expense"},{"amount":[6400,"EUR",2],"base":[6400,"EUR",2],"filled":true,"purpose":"tax.input","tax":{"base":[32000,"EUR",2],"code":"P20","direction":"input","on":null,"rate":"20","registration":"","tax":[6400,"EUR",2]}},{"amount":[-38400,"EUR",2],"base":[-38400,"EUR",2],"filled":true,"opens":"demo:bill:2025-10:late","party":9,"purpose":"payable"}],"v":1}','f547a46062d21e6540c9e980c5a633ae3c36f9228b91a80d1fc68e221361b1c4',10,1);
INSERT INTO "bo_voucher" VALUES(29,'till:5','till.sale','normal','2026-01-15','2026-01-15',NULL,0,NULL,NULL,'',NULL,'','','','{"asked":{"document_date":null,"if_closed":"refuse","label":null,"posting_date":null,"text":""},"lines":[{"amount":[500,"EUR",2],"base":[500,"EUR",2],"filled":true,"purpose":"cash"},{"amount":[-500,"EUR",2],"base":[-500,"EUR",2],"filled":true,"purpose":"sales"}],"v":1}','c5db4626f2648f09d6ec6f284fd16e4238cee123544c7918f749e529dceace4c',13,1);
CREATE UNIQUE INDEX uq_bo_commit_key ON bo_commit ("key") WHERE "key" IS NOT NULL;
CREATE UNIQUE INDEX uq_bo_commit_position ON bo_commit (position) WHERE "position" IS NOT NULL;
CREATE UNIQUE INDEX uq_bo_company_code ON bo_company (code);
CREATE UNIQUE INDEX uq_bo_currency_code ON bo_currency (code);
CREATE UNIQUE INDEX uq_bo_dimension_set_digest ON bo_dimension_set (digest);
CREATE INDEX ix_bo_party_name ON bo_party (name);
CREATE UNIQUE INDEX uq_bo_party_code ON bo_party (code) WHERE "code" IS NOT NULL;
CREATE UNIQUE INDEX uq_bo_rate_currency_to_currency_on_kind_source ON bo_rate (currency, to_currency, "on", kind, source);
CREATE UNIQUE INDEX uq_bo_setting_plugin_name ON bo_setting (plugin, name);
CREATE INDEX ix_bo_party_address_party_id ON bo_party_address (party_id);
CREATE INDEX ix_bo_party_identifier_party_id ON bo_party_identifier (party_id);
CREATE INDEX ix_bo_party_identifier_scheme_value ON bo_party_identifier (scheme, value);
CREATE UNIQUE INDEX uq_bo_party_identifier_scheme_value_party_id ON bo_party_identifier (scheme, value, party_id);
CREATE UNIQUE INDEX uq_bo_period_lock_company_id_area ON bo_period_lock (company_id, area);
CREATE INDEX ix_bo_series_company_id ON bo_series (company_id);
CREATE UNIQUE INDEX uq_bo_series_code_company_id_scope ON bo_series (code, company_id, scope);
CREATE INDEX ix_bo_voucher_company_id_posting_date ON bo_voucher (company_id, posting_date);
CREATE INDEX ix_bo_voucher_source_entity_source_id ON bo_voucher (source_entity, source_id);
CREATE INDEX ix_bo_voucher_unit_id ON bo_voucher (unit_id);
CREATE UNIQUE INDEX uq_bo_voucher_key ON bo_voucher ("key");
CREATE UNIQUE INDEX uq_bo_voucher_reverses ON bo_voucher (reverses) WHERE "reverses" IS NOT NULL;
CREATE INDEX ix_accounting_balance_company_id_account_id ON accounting_balance (company_id, account_id);
CREATE UNIQUE INDEX uq_accounting_commodity_code ON accounting_commodity (code);
CREATE INDEX ix_accounting_account_parent_id ON accounting_account (parent_id);
CREATE UNIQUE INDEX uq_accounting_account_company_id_code ON accounting_account (company_id, code);
CREATE UNIQUE INDEX uq_accounting_fiscal_year_company_id_code ON accounting_fiscal_year (company_id, code);
CREATE UNIQUE INDEX uq_accounting_journal_company_id_code ON accounting_journal (company_id, code);
CREATE INDEX ix_accounting_entry_company_id_posting_date ON accounting_entry (company_id, posting_date);
CREATE INDEX ix_accounting_entry_journal_id ON accounting_entry (journal_id);
CREATE INDEX ix_accounting_entry_unit_id ON accounting_entry (unit_id);
CREATE UNIQUE INDEX uq_accounting_entry_company_id_number ON accounting_entry (company_id, number);
CREATE UNIQUE INDEX uq_accounting_entry_reverses_id ON accounting_entry (reverses_id) WHERE "reverses_id" IS NOT NULL;
CREATE UNIQUE INDEX uq_accounting_entry_voucher_id ON accounting_entry (voucher_id) WHERE "voucher_id" IS NOT NULL;
CREATE INDEX ix_accounting_purpose_rule_account_id ON accounting_purpose_rule (account_id);
CREATE INDEX ix_accounting_purpose_rule_company_id_purpose ON accounting_purpose_rule (company_id, purpose);
CREATE INDEX ix_accounting_line_account_id_posting_date ON accounting_line (account_id, posting_date);
CREATE INDEX ix_accounting_line_entry_id ON accounting_line (entry_id);
CREATE UNIQUE INDEX uq_beancount_ledger_company_id_name ON beancount_ledger (company_id, name);
CREATE INDEX ix_beancount_directive_ledger_id_kind ON beancount_directive (ledger_id, kind);
CREATE INDEX ix_beancount_entry_ledger_id ON beancount_entry (ledger_id);
CREATE UNIQUE INDEX uq_beancount_entry_company_id_key ON beancount_entry (company_id, "key");
COMMIT;
